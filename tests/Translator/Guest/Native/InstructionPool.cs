using Iced.Intel;
using Tcg.Mttcg.Translator.Host.Interpreter;
using Tcg.Mttcg.Translator.Guest;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.Guest.Native;

/// <summary>
/// Instructions to make up programs from: no privilege, no branch, no helper, and none that writes a pointer register, so that memory operands
/// stay where the memory is.
/// </summary>
internal sealed class InstructionPool
{
    // Approximations differ between hosts; a quotient may trap; a double shift of 16 bits by more is undefined; a bit string reaches far.
    private static readonly HashSet<Mnemonic> Apart =
    [
        Mnemonic.Rcpps, Mnemonic.Rcpss, Mnemonic.Rsqrtps, Mnemonic.Rsqrtss, Mnemonic.Div, Mnemonic.Idiv, Mnemonic.Shld, Mnemonic.Shrd,
        Mnemonic.Bt, Mnemonic.Bts, Mnemonic.Btr, Mnemonic.Btc, Mnemonic.Reservednop, Mnemonic.Std, Mnemonic.Xlatb,
        Mnemonic.Movbe, Mnemonic.Clwb, Mnemonic.Cldemote, Mnemonic.Clflushopt, Mnemonic.Prefetchwt1, Mnemonic.Serialize, Mnemonic.Adcx, Mnemonic.Adox,
    ];

    private static readonly Register[] Pointers = [Register.RBX, Register.RSP, Register.RBP, Register.RSI, Register.RDI];

    private readonly List<Instruction> _instructions = [];
    private readonly InstructionInfoFactory _uses = new();
    private readonly BlockLifter _lifter = new();
    private readonly IrBlock _block = new();

    public InstructionPool(ulong address)
    {
        var seen = new HashSet<(Code Code, bool Memory, bool HighHalf)>();
        byte[][] prefixes = [[], [0x66], [0xf2], [0xf3]], rexes = [[], [0x48]], maps = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];
        foreach (var prefix in prefixes)
        foreach (var rex in rexes)
        foreach (var map in maps)
            for (var opcode = 0; opcode < 256; opcode++)
                for (var modRm = 0; modRm < 256; modRm++)
                {
                    // Registers, or [rbx+40h].
                    if (modRm is not (>= 0xc0 or (>= 0x40 and < 0x80)) || (modRm < 0xc0 && (modRm & 7) != 3)) continue;
                    byte[] code = [.. prefix, .. rex, .. map, (byte)opcode, (byte)modRm, 0x40, 0x85, 0x0f, 0x77, 0x03, 1, 2, 3, 4];
                    var instruction = Decoder.Create(64, code, address).Decode();
                    var key = (instruction.Code, modRm < 0xc0, (modRm & 0x20) != 0);
                    if (seen.Contains(key) || !Suits(instruction, code)) continue;
                    seen.Add(key);
                    _instructions.Add(instruction);
                }
    }

    public int Count => _instructions.Count;

    /// <summary>A program in which nothing reads a flag that an earlier instruction left undefined, and the flags undefined at its end.</summary>
    public (Instruction[] Code, RflagsBits Undefined) Draw(Random random, int length)
    {
        var program = new Instruction[length];
        var undefined = RflagsBits.None;
        for (var i = 0; i < length;)
        {
            var candidate = _instructions[random.Next(_instructions.Count)];
            if ((candidate.RflagsRead & undefined) != 0) continue;
            // A shift by zero writes none of the flags it may write.
            var written = IsShift(candidate.Mnemonic) ? RflagsBits.None : candidate.RflagsModified;
            undefined = (undefined & ~written) | candidate.RflagsUndefined;
            program[i++] = candidate;
        }
        return (program, undefined);
    }

    private static bool IsShift(Mnemonic mnemonic) => mnemonic is Mnemonic.Shl or Mnemonic.Sal or Mnemonic.Shr or Mnemonic.Sar
        or Mnemonic.Rol or Mnemonic.Ror or Mnemonic.Rcl or Mnemonic.Rcr;

    private bool Suits(in Instruction instruction, byte[] code)
    {
        if (instruction.IsInvalid || instruction.IsPrivileged || instruction.FlowControl != FlowControl.Next) return false;
        if (!LiftTable.TryFind(instruction.Mnemonic, out _) || Apart.Contains(instruction.Mnemonic)) return false;
        if (IsMemory(instruction) && (instruction.MemoryBase != Register.RBX || instruction.MemorySegment != Register.DS)) return false;
        foreach (var use in _uses.GetInfo(instruction).GetUsedRegisters())
        {
            if (use.Access is not (OpAccess.Read or OpAccess.CondRead or OpAccess.None) && Pointers.Contains(use.Register.GetFullRegister())) return false;
        }
        _lifter.Lift(_block, new TbContext(instruction.IP, 0, Lifted.Flat64, (TbCompileFlags)1), new CodePages(code));
        foreach (var i in _block.Instructions)
        {
            if (i.Op is IrOp.Call or IrOp.Pause or IrOp.LoadState or IrOp.StoreState) return false;
        }
        return true;
    }

    private static bool IsMemory(in Instruction instruction)
    {
        for (var operand = 0; operand < instruction.OpCount; operand++)
            if (instruction.GetOpKind(operand) is OpKind.Memory or (>= OpKind.MemorySegSI and <= OpKind.MemoryESRDI)) return true;
        return false;
    }
}
