using System.Buffers.Binary;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>
/// What one instruction sees of the x87: the register stack with its faults, its operand, and the conditions it sets. Changes go straight to the
/// state; who runs the instruction undoes them if it must not have happened.
/// </summary>
internal unsafe ref struct X87Unit(CpuState* state)
{
    private const ushort ConditionsMask = X87Compare.C0 | X87Compare.C1 | X87Compare.C2 | X87Compare.C3;

    public X87Context Context = new(state->X87Control);

    /// <summary>The memory operand, read or to be written.</summary>
    public Span<byte> Operand;

    /// <summary>i of ST(i), the low three bits of ModRM.</summary>
    public int Number;

    /// <summary>EFLAGS before (FCMOVcc), or after (FCOMI: <see cref="SetsEflags"/>).</summary>
    public uint Eflags;

    public bool SetsEflags;

    /// <summary>C0 to C3, as the status word has them; those in <see cref="ConditionsKept"/> stay as they were. C1 follows the rounding.</summary>
    public ushort Conditions;
    public ushort ConditionsKept = X87Compare.C0 | X87Compare.C2 | X87Compare.C3;

    /// <summary>Exceptions that, unmasked, keep the instruction from changing registers and memory.</summary>
    public X87Flags Blocking = X87Flags.OfOperands;

    public readonly bool IsBlocked => (Context.Flags & Blocking & ~Context.Masked) != 0;

    public readonly int Top
    {
        get => X87Image.Top(state->X87Status);
        private set => state->X87Status = (ushort)(state->X87Status & ~0x3800 | (value & 7) << 11);
    }

    public readonly bool IsEmpty(int number) => (state->X87Tag >> ((Top + number) & 7) & 1) != 0;

    public readonly Float80 Peek(int number)
    {
        var bytes = X87Image.Physical(state, Top + number);
        return new(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]));
    }

    public readonly void Set(int number, Float80 value)
    {
        var bytes = X87Image.Physical(state, Top + number);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value.Significand);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[8..], value.High);
        state->X87Tag &= (ushort)~(1 << ((Top + number) & 7));
    }

    public readonly void Free(int number) => state->X87Tag |= (ushort)(1 << ((Top + number) & 7));

    public readonly void Turn(int by) => Top += by;

    public readonly void Pop()
    {
        Free(0);
        Turn(1);
    }

    /// <summary>A register that must not be empty. True: it is, and the masked response is the indefinite.</summary>
    public bool Underflows(int number)
    {
        if (!IsEmpty(number)) return false;
        Context.Flags |= X87Flags.Invalid | X87Flags.StackFault;
        return true;
    }

    /// <summary>Pushes; onto a register in use goes the indefinite.</summary>
    public void Push(Float80 value)
    {
        if (LacksRoom()) value = Float80.Indefinite;
        Turn(-1);
        Set(0, value);
    }

    /// <summary>After another fault of the stack, which hides that room is missing.</summary>
    public readonly void PushIndefinite()
    {
        Turn(-1);
        Set(0, Float80.Indefinite);
    }

    /// <summary>Room for one more is missing. To be asked before what else may fault is computed.</summary>
    public bool LacksRoom()
    {
        if (IsEmpty(7)) return false;
        Context.Flags |= X87Flags.Invalid | X87Flags.StackFault;
        Conditions |= X87Compare.C1;
        return true;
    }

    /// <summary>Puts flags and conditions into the status word. What blocks an instruction hides what its result would have raised.</summary>
    public readonly void Commit()
    {
        var conditions = (state->X87Status & ConditionsKept) | (Conditions & ConditionsMask);
        if (Context.RoundedUp && !IsBlocked && !Context.Unstorable) conditions |= X87Compare.C1;
        var flags = IsBlocked ? Context.Flags & (X87Flags.OfOperands | X87Flags.StackFault) : Context.Flags;
        state->X87Status = (ushort)(state->X87Status & ~ConditionsMask | conditions | (ushort)flags);
    }
}
