using Iced.Intel;
using Tcg.Mttcg.Translator.Guest;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>Random sequences of instructions whose memory operands need no registers and which read no undefined flag.</summary>
/// <param name="reserved">No instruction of a loop's body touches it: the counter.</param>
internal sealed class ProgramSource(RandomValues random, FormSource source, Register reserved)
{
    // Need registers that point somewhere, divisors that divide, or counts that are defined.
    private static readonly HashSet<Mnemonic> Unfit =
    [
        Mnemonic.Div, Mnemonic.Idiv, Mnemonic.Leave, Mnemonic.Enter, Mnemonic.Ldmxcsr, Mnemonic.Vldmxcsr, Mnemonic.Fldcw, Mnemonic.Popf, Mnemonic.Popfd, Mnemonic.Popfq, Mnemonic.Xlatb, Mnemonic.Shld, Mnemonic.Shrd, Mnemonic.Maskmovdqu, Mnemonic.Maskmovq, Mnemonic.Aam, Mnemonic.Popa,
        Mnemonic.Popad, Mnemonic.Bt, Mnemonic.Bts, Mnemonic.Btr, Mnemonic.Btc, Mnemonic.Vmaskmovdqu,
        // Which NaN comes of several differs, and what follows would go on with it.
        Mnemonic.Dpps, Mnemonic.Dppd, Mnemonic.Vdpps, Mnemonic.Vdppd,
        // They unmask exceptions or bring some that wait, or store what processors disagree about.
        Mnemonic.Fldcw, Mnemonic.Fldenv, Mnemonic.Frstor, Mnemonic.Fxrstor, Mnemonic.Fxrstor64, Mnemonic.Fnstenv, Mnemonic.Fnsave, Mnemonic.Fxsave, Mnemonic.Fxsave64,
    ];

    private readonly OpCodeInfo[] _encodings = LiftTable.Rows.SelectMany(row => source.EncodingsOf(row.Mnemonic))
        .Where(info => !Exclusions.Has(info) && !NearBranches.Has(info) && !Unfit.Contains(info.Mnemonic)).ToArray();

    private readonly InstructionInfoFactory _information = new();
    private FlagTracker _flags = new();

    public List<Form> Forms { get; } = [];

    /// <summary>Flags that mean nothing at the end.</summary>
    public uint Undefined => _flags.Undefined;

    /// <summary>Straight-line code. False: nothing was drawn.</summary>
    public bool DrawLine(int longest)
    {
        Begin(0);
        Append(2 + random.Below(longest - 1), form => !_flags.ReadsUndefined(form.Instruction));
        return Forms.Count > 0;
    }

    /// <summary>Straight-line code in whose middle one instruction accesses memory at <paramref name="memory"/>. False: the draw was no good.</summary>
    /// <param name="prefix">How many instructions run before it.</param>
    public bool DrawFaulting(int longest, ulong memory, out int prefix)
    {
        Begin(0);
        Append(random.Below(longest), form => !_flags.ReadsUndefined(form.Instruction));
        prefix = Forms.Count;
        UndefinedAtFault = Undefined;
        Form? faulting = null;
        for (var attempt = 0; attempt < 20 && faulting is null; attempt++) faulting = source.DrawAt(random.Pick(_encodings), At, memory);
        if (faulting is null || !Touches(faulting) || _flags.ReadsUndefined(faulting.Instruction)) return false;
        Add(faulting);
        Append(1 + random.Below(longest), form => !_flags.ReadsUndefined(form.Instruction));
        return true;
    }

    /// <summary>Flags that mean nothing where the fault is.</summary>
    public uint UndefinedAtFault { get; private set; }

    // LEA, NOP and prefetches name memory and leave it alone; a masked move may.
    private static bool Touches(Form form) => form.Instruction.Mnemonic is not (Mnemonic.Lea or Mnemonic.Nop or Mnemonic.Cldemote or Mnemonic.Clflush or Mnemonic.Clflushopt or Mnemonic.Clwb or Mnemonic.Vmaskmovps or Mnemonic.Vmaskmovpd or Mnemonic.Vpmaskmovd or Mnemonic.Vpmaskmovq) && form.Instruction.MemorySize.GetSize() > 0
        && !form.Instruction.Mnemonic.ToString().StartsWith("Prefetch", StringComparison.Ordinal);

    /// <summary>A body, a step of the counter, more body that leaves the flags alone, and a jump to the start. False: the draw was no good.</summary>
    public bool DrawLoop(int longest, Code[] jumps)
    {
        Begin(0);
        Append(random.Below(longest), form => Avoids(form) && !_flags.ReadsUndefined(form.Instruction));
        Step();
        Append(random.Below(3), form => Avoids(form) && form.Instruction.RflagsModified == RflagsBits.None && !_flags.ReadsUndefined(form.Instruction));
        if (!Add(source.Encode(Instruction.CreateBranch(random.Pick(jumps), NativeRunner.Slot), At))) return false;

        // The second round begins with the flags that the first one left.
        var forms = Forms.ToArray();
        Begin(Undefined);
        foreach (var form in forms)
        {
            if (_flags.ReadsUndefined(form.Instruction)) return false;
            Add(form);
        }
        return true;
    }

    private ulong At => NativeRunner.Slot + (uint)Forms.Sum(form => form.Bytes.Length);

    private void Begin(uint undefined)
    {
        Forms.Clear();
        _flags = new FlagTracker(undefined);
    }

    private void Append(int length, Func<Form, bool> fits)
    {
        var goal = Forms.Count + length;
        for (var attempt = 0; attempt < length * 3 && Forms.Count < goal; attempt++)
        {
            var form = source.Draw(random.Pick(_encodings), random.Below(3) == 0, At, anyAddress: false);
            if (form is not null && !form.Instruction.IsStringInstruction && fits(form)) Add(form);
        }
    }

    private bool Add(Form? form)
    {
        if (form is null) return false;
        _flags.Note(form.Instruction);
        Forms.Add(form);
        return true;
    }

    private void Step()
    {
        var wide = reserved.GetSize() == 8;
        Add(source.Encode(random.Below(3) switch
        {
            0 => Instruction.Create(wide ? Code.Sub_rm64_imm8 : Code.Sub_rm32_imm8, reserved, 1),
            1 => Instruction.Create(wide ? Code.Add_rm64_imm8 : Code.Add_rm32_imm8, reserved, -1),
            _ => Instruction.Create(wide ? Code.Dec_rm64 : Code.Dec_rm32, reserved),
        }, At));
    }

    private bool Avoids(Form form)
    {
        foreach (var used in _information.GetInfo(form.Instruction).GetUsedRegisters())
        {
            if (used.Register.GetFullRegister() == reserved.GetFullRegister()) return false;
        }
        return true;
    }
}
