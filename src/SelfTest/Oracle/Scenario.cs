using Iced.Intel;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>Draws register and memory contents under which a form runs without a fault.</summary>
internal sealed unsafe class Scenario(RandomValues random, Arena arena, OracleMode mode)
{
    private const ulong Data = Arena.Address + Arena.DataOffset, Stack = Arena.Address + Arena.StackOffset;
    private const int AllExceptions = 0x3f;
    private const uint MaskedMxCsr = 0x1f80;
    private const int AllLanes = Arena.DataBytes / 8, FreshLanes = 48;

    private bool _filled;

    /// <summary>False: the form cannot run with these values.</summary>
    public bool Draw(in Instruction instruction, out Registers registers)
    {
        var kind = DrawRegisters(out registers);
        if (random.Below(4) == 0 && !IsTranscendental(instruction.Mnemonic)) UnmaskX87(ref registers);
        FillMemory(kind);
        Point(instruction, ref registers);
        if (PreparesMemory(instruction)) Prepare(instruction, registers);
        if (instruction.IsStringInstruction)
        {
            registers.Gpr[1] = (uint)random.Below(40);
            registers.Flags |= (uint)random.Below(2) << 10;
        }
        Narrow(ref registers);
        Preparation.Apply(instruction, ref registers, arena, mode, random);
        Remember();
        return CanRun(instruction, registers, arena, mode);
    }

    /// <summary>The case, whose memory operands are in place, runs without a fault and to one result.</summary>
    public static bool CanRun(OracleCase some, Arena arena)
    {
        some.Memory.AsSpan(0, Arena.DataBytes).CopyTo(arena.NativeData);
        return CanRun(some.Form.Instruction, some.Registers, arena, some.Mode);
    }

    /// <summary>The instruction needs what <see cref="Draw(in Instruction, out Registers)"/> put in memory.</summary>
    public static bool PreparesMemory(in Instruction instruction) => instruction.Mnemonic is Mnemonic.Fxrstor or Mnemonic.Fxrstor64;

    private static bool CanRun(in Instruction instruction, in Registers registers, Arena arena, OracleMode mode)
    {
        if (instruction.Mnemonic == Mnemonic.Aam && instruction.Immediate8 == 0) return false;
        if (AddressesBits(instruction) && Overlaps(instruction)) return false;
        if (IsUndefinedShift(instruction, registers)) return false;
        return !Divides(instruction.Mnemonic) || DivisionCheck.Fits(instruction, registers, arena, mode);
    }

    /// <summary>For code whose memory operands need no registers.</summary>
    public Registers Draw()
    {
        FillMemory(DrawRegisters(out var registers));
        Narrow(ref registers);
        Remember();
        return registers;
    }

    /// <summary>The kind of vector lanes drawn.</summary>
    private int DrawRegisters(out Registers registers)
    {
        registers = default;
        for (var index = 0; index < 16; index++) registers.Gpr[index] = random.Integer();
        var kind = random.Below(5);
        fixed (byte* vector = registers.Vector)
        {
            for (var index = 0; index < 16 * Registers.VectorBytes / 8; index++) ((ulong*)vector)[index] = random.Lanes(kind);
        }
        registers.Flags = (random.Bits() & Registers.ArithmeticFlags) | 0x202;
        registers.MxCsr = MaskedMxCsr | ((uint)random.Below(4) << 13) | (random.Below(4) == 0 ? 0x8000u : 0) | (random.Below(4) == 0 ? 0x40u : 0)
            | (random.Below(2) == 0 ? (uint)random.Below(64) : 0x20);
        DrawX87(ref registers);
        registers.Gpr[4] = Stack + Arena.StackBytes / 2 + (uint)random.Below(16) * 8;
        return kind;
    }

    // FXRSTOR: no reserved bit in MXCSR, and exceptions masked, as code is translated for that.
    private void Prepare(in Instruction instruction, in Registers registers)
    {
        const int mxcsr = 24;
        var at = (int)(Addressing.Of(instruction, registers, mode) - Arena.Address) - Arena.DataOffset + mxcsr;
        arena.NativeData.Slice(at + sizeof(ushort), sizeof(ushort)).Clear();
        arena.NativeData[at] |= unchecked((byte)MaskedMxCsr);
        arena.NativeData[at + 1] |= (byte)(MaskedMxCsr >> 8);
    }

    // They answer unmasked exceptions of the result as if those were masked.
    private static bool IsTranscendental(Mnemonic mnemonic) => mnemonic
        is Mnemonic.F2xm1 or Mnemonic.Fyl2x or Mnemonic.Fyl2xp1 or Mnemonic.Fptan or Mnemonic.Fpatan or Mnemonic.Fsin or Mnemonic.Fcos or Mnemonic.Fsincos;

    // Some exceptions, none of which waits: of one instruction alone the next, which would report it, is not there.
    private void UnmaskX87(ref Registers registers)
    {
        registers.X87Control = (ushort)((registers.X87Control & ~AllExceptions) | random.Below(AllExceptions + 1));
        registers.X87Status &= (ushort)(registers.X87Control | ~AllExceptions);
    }

    // All exceptions masked; any precision, rounding, depth and leftovers in the status.
    private void DrawX87(ref Registers registers)
    {
        registers.X87Control = (ushort)(0x7f | (random.Below(4) << 10) | (random.Pick<int>([0, 2, 3, 3]) << 8));
        registers.X87Status = (ushort)(random.Below(8) << 11 | (random.Below(2) == 0 ? random.Below(64) : 0) | (random.Below(2) * 0x4700));
        registers.X87InUse = (ushort)(random.Below(3) == 0 ? random.Below(256) : 0xff);
        fixed (byte* st = registers.St)
        {
            for (var index = 0; index < 8; index++)
            {
                var (significand, high) = random.Extended();
                *(ulong*)(st + index * 16) = significand;
                *(ulong*)(st + index * 16 + 8) = high;
            }
        }
    }

    private void Narrow(ref Registers registers)
    {
        if (mode.Bitness == 64) return;
        for (var index = 0; index < 16; index++) registers.Gpr[index] = (uint)registers.Gpr[index];
    }

    private static bool Divides(Mnemonic mnemonic) => mnemonic is Mnemonic.Div or Mnemonic.Idiv;

    // All of it once, then a part for each case; what a case stored stays.
    private void FillMemory(int kind)
    {
        fixed (byte* data = arena.NativeData)
        {
            var (first, count) = _filled ? (random.Below(AllLanes - FreshLanes), FreshLanes) : (0, AllLanes);
            for (var index = first; index < first + count; index++) ((ulong*)data)[index] = random.Lanes(kind);
        }
        _filled = true;
        arena.NativeStack.Fill((byte)random.Below(256));
    }

    private void Remember()
    {
        arena.Remember();
        arena.RestoreGuest();
    }

    // Makes memory operands, shown or implied, point into the data window.
    private void Point(in Instruction instruction, ref Registers registers)
    {
        var bytes = Math.Max(1, instruction.MemorySize.GetSize());
        var atomic = instruction.HasLockPrefix || instruction.Mnemonic == Mnemonic.Xchg;
        var aligned = Alignment.IsRequired(instruction);
        for (var operand = 0; operand < instruction.OpCount; operand++)
        {
            switch (instruction.GetOpKind(operand))
            {
                case OpKind.Memory: PointExplicit(instruction, ref registers, Target(bytes, atomic, aligned)); break;
                case OpKind.MemorySegRSI or OpKind.MemorySegESI: registers.Gpr[6] = Target(bytes, atomic, aligned) - mode.DataBase; break;
                case OpKind.MemorySegSI: registers.Gpr[6] = Short(Target(bytes, atomic, aligned)); break;
                case OpKind.MemoryESRDI or OpKind.MemorySegRDI or OpKind.MemoryESEDI or OpKind.MemorySegEDI: registers.Gpr[7] = Target(bytes, atomic, aligned) - mode.DataBase; break;
                case OpKind.MemoryESDI or OpKind.MemorySegDI: registers.Gpr[7] = Short(Target(bytes, atomic, aligned)); break;
            }
        }
        if (instruction.Mnemonic == Mnemonic.Xlatb) registers.Gpr[3] = Data + Arena.DataBytes / 4 - mode.DataBase;
    }

    // Anywhere, at times across the page boundary, where atomic ones would need all processors stopped.
    private ulong Target(int bytes, bool atomic, bool aligned)
    {
        var target = Data + Arena.DataBytes / 4 + (uint)random.Below(Arena.DataBytes / 2);
        if (aligned) return target & ~(ulong)(bytes - 1);
        if (atomic) return Data + Arena.DataBytes / 4 + (uint)random.Below(Arena.DataBytes / 4 - bytes);
        return random.Below(8) == 0 ? Data + Arena.DataBytes / 2 - (uint)random.Below(bytes) : target;
    }

    private ulong Short(ulong target) => ((target - mode.DataBase) & 0xffff) | (random.Bits() << 16);

    private void PointExplicit(in Instruction instruction, ref Registers registers, ulong target)
    {
        // Keep the bit near.
        if (AddressesBits(instruction))
        {
            registers.Gpr[Number(instruction.Op1Register)] = (ulong)(random.Below(2048) - 1024);
            target &= ~7ul;
        }
        if (instruction.IsIPRelativeMemoryOperand || instruction.MemoryBase == Register.None) return;
        ulong scaled = 0;
        if (instruction.IsVsib) PointLanes(instruction, ref registers);
        else if (instruction.MemoryIndex != Register.None)
        {
            var index = Number(instruction.MemoryIndex);
            registers.Gpr[index] = (ulong)(random.Below(512) - 256);
            scaled = registers.Gpr[index] * (uint)instruction.MemoryIndexScale;
        }
        var value = target - mode.SegmentBase(instruction.MemorySegment) - scaled - instruction.MemoryDisplacement64;
        var bits = instruction.MemoryBase.GetSize() * 8;
        registers.Gpr[Number(instruction.MemoryBase)] = bits == 64 ? value : Addressing.Truncate(value, bits) | (random.Bits() << bits);
    }

    // The indexes of a gather, 32 or 64 bits each; some lanes of the mask off.
    private void PointLanes(in Instruction instruction, ref Registers registers)
    {
        fixed (byte* vectors = registers.Vector)
        {
            var lanes = vectors + Number(instruction.MemoryIndex) * Registers.VectorBytes;
            for (var at = 0; at < Registers.VectorBytes; at += instruction.IsVsib32 ? 4 : 8)
            {
                var index = random.Below(112) - 56;
                if (instruction.IsVsib32) *(int*)(lanes + at) = index;
                else *(long*)(lanes + at) = index;
            }
        }
    }

    /// <summary>A register bit offset reaches beyond the memory operand.</summary>
    public static bool AddressesBits(in Instruction instruction) =>
        instruction.Mnemonic is Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc && instruction.Op0Kind == OpKind.Memory && instruction.Op1Kind == OpKind.Register;

    private static bool Overlaps(in Instruction instruction) =>
        instruction.Op1Register.GetFullRegister() is var source && (source == instruction.MemoryBase.GetFullRegister() || source == instruction.MemoryIndex.GetFullRegister());

    // SHLD and SHRD of 16 bits by more: makers differ.
    private static bool IsUndefinedShift(in Instruction instruction, in Registers registers) =>
        instruction.Mnemonic is Mnemonic.Shld or Mnemonic.Shrd && instruction.Op1Register.GetSize() == 2
        && ((instruction.Op2Kind == OpKind.Register ? registers.Gpr[1] : instruction.Immediate8) & 31) > 16;

    private static int Number(Register register) => register.GetFullRegister().GetNumber();
}
