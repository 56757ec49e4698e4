using Iced.Intel;
using Tcg.Mttcg.SelfTest.Isa;
using Tcg.Mttcg.Translator.Host.Interpreter;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>
/// All encodings that Iced knows of a mnemonic that the host knows in 64, 32 or 16-bit mode, each with random operands: every register class, memory by base, index,
/// displacement or RIP, 32-bit addresses, immediates, LOCK and REP where allowed.
/// </summary>
internal sealed class FormSource(RandomValues random, OracleMode mode)
{
    private readonly int _bitness = mode.Bitness;

    private static readonly Register[] Bases =
        [Register.RAX, Register.RCX, Register.RDX, Register.RBX, Register.RBP, Register.RSI, Register.RDI, Register.R8, Register.R11, Register.R12, Register.R13, Register.R15];

    private readonly Register[] _bases = mode.Bitness == 64 ? Bases : Bases.Where(register => register < Register.R8).ToArray();

    private bool _anyAddress;
    private ulong? _memory;

    private static readonly ILookup<Mnemonic, OpCodeInfo> OnThisHost = IsaGroups.Encodings.SelectMany(group => group).Where(HostFeatures.Has).ToLookup(info => info.Mnemonic);

    public IEnumerable<OpCodeInfo> EncodingsOf(Mnemonic mnemonic) => OnThisHost[mnemonic]
        .Where(info => _bitness switch { 64 => info.Mode64, 32 => info.Mode32, _ => info.Mode16 });

    /// <summary>Null: the operands drawn do not encode (a high byte beside REX), or are of a kind that is not synthesised.</summary>
    public Form? Draw(OpCodeInfo info, bool memory) => Draw(info, memory, mode.Start, anyAddress: true);

    /// <param name="anyAddress">False: memory operands name their address themselves, without registers.</param>
    public Form? Draw(OpCodeInfo info, bool memory, ulong at, bool anyAddress)
    {
        _anyAddress = anyAddress;
        var instruction = new Instruction { Code = info.Code };
        for (var operand = 0; operand < info.OpCount; operand++)
        {
            if (!SetOperand(ref instruction, operand, info.GetOpKind(operand), memory)) return null;
        }
        if (memory != HasMemory(instruction) || Clashes(instruction)) return null;
        if (memory && info.CanUseLockPrefix && instruction.Op0Kind == OpKind.Memory && random.Below(2) == 0) instruction.HasLockPrefix = true;
        if (info.CanUseRepnePrefix && random.Below(3) == 0) instruction.HasRepnePrefix = true;
        else if (info.CanUseRepPrefix && random.Below(2) == 0) instruction.HasRepPrefix = true;
        return Encode(instruction, at);
    }

    /// <summary>A form whose memory operand is at <paramref name="memory"/>.</summary>
    public Form? DrawAt(OpCodeInfo info, ulong at, ulong memory)
    {
        _memory = memory;
        var form = Draw(info, memory: true, at, anyAddress: false);
        _memory = null;
        return form;
    }

    /// <summary>Null: the draw does not encode.</summary>
    public Form? Encode(in Instruction instruction, ulong at)
    {
        using var stream = new MemoryStream();
        var encoder = Encoder.Create(_bitness, new StreamCodeWriter(stream));
        if (!encoder.TryEncode(instruction, at, out _, out _)) return null;
        var bytes = stream.ToArray();
        var decoder = Decoder.Create(_bitness, bytes, at);
        var decoded = decoder.Decode();
        return decoded.Code != instruction.Code ? null : new Form(decoded, bytes);
    }

    private static bool HasMemory(in Instruction instruction)
    {
        for (var operand = 0; operand < instruction.OpCount; operand++)
        {
            if (instruction.GetOpKind(operand) == OpKind.Memory) return true;
        }
        return false;
    }

    private bool SetOperand(ref Instruction instruction, int operand, OpCodeOperandKind kind, bool memory)
    {
        if (NearBranches.Kind(kind) is { } branch)
        {
            instruction.SetOpKind(operand, branch);
            instruction.NearBranch64 = NativeRunner.Taken - mode.CodeBase;
        }
        else if (OperandRegisters.Fixed(kind) is not Register.None and var only) SetRegister(ref instruction, operand, only);
        else if (OperandRegisters.Index(kind) != Register.None && !_anyAddress) return false;
        else if (memory && OperandRegisters.MayBeMemory(kind)) SetMemory(ref instruction, operand, kind);
        else if (OperandRegisters.Choices(kind, _bitness) is { Count: > 0 } choices) SetRegister(ref instruction, operand, random.Pick(choices));
        else return SetImmediate(ref instruction, operand, kind);
        return true;
    }

    private static void SetRegister(ref Instruction instruction, int operand, Register register)
    {
        instruction.SetOpKind(operand, OpKind.Register);
        instruction.SetOpRegister(operand, register);
    }

    private void SetMemory(ref Instruction instruction, int operand, OpCodeOperandKind kind)
    {
        instruction.SetOpKind(operand, OpKind.Memory);
        if (kind == OpCodeOperandKind.mem_offs || OperandRegisters.Index(kind) != Register.None)
        {
            SetSpecialMemory(ref instruction, kind);
            return;
        }
        if (_bitness == 16 && random.Below(4) != 0)
        {
            SetShortMemory(ref instruction);
            return;
        }
        var narrow = _bitness != 64 || random.Below(8) == 0;
        var shape = _anyAddress ? random.Below(8) : 0;
        if (shape == 0)
        {
            // In other code the same encoding is an absolute address.
            if (_bitness == 64) instruction.MemoryBase = Register.RIP;
            instruction.MemoryDisplSize = _bitness == 64 ? 8 : 4;
            instruction.MemoryDisplacement64 = _bitness == 16 ? (ushort)FixedAddress() : FixedAddress();
            return;
        }
        var displacement = random.Below(3) switch { 0 => 0, 1 => random.Below(256) - 128, _ => random.Below(0x10000) - 0x8000 };
        instruction.MemoryBase = Sized(random.Pick(_bases), narrow);
        if (shape >= 4)
        {
            do instruction.MemoryIndex = Sized(random.Pick(_bases), narrow);
            while (instruction.MemoryIndex == instruction.MemoryBase);
            instruction.MemoryIndexScale = 1 << random.Below(4);
        }
        instruction.MemoryDisplacement64 = narrow ? (uint)displacement : (ulong)displacement;
        instruction.MemoryDisplSize = displacement == 0 ? 0 : narrow ? 4 : 8;
    }

    // 16-bit addresses: BX or BP, SI or DI. BP's segment would be the flat stack's, out of reach.
    private void SetShortMemory(ref Instruction instruction)
    {
        instruction.MemoryDisplSize = 2;
        if (!_anyAddress || random.Below(8) == 0)
        {
            instruction.MemoryDisplacement64 = (ushort)FixedAddress();
            return;
        }
        instruction.MemoryBase = random.Pick<Register>([Register.BX, Register.BP, Register.SI, Register.DI]);
        if (instruction.MemoryBase is Register.BX or Register.BP && random.Below(2) == 0) instruction.MemoryIndex = random.Pick<Register>([Register.SI, Register.DI]);
        if (instruction.MemoryBase == Register.BP) instruction.SegmentPrefix = Register.DS;
        instruction.MemoryDisplacement64 = (ushort)(random.Below(3) switch { 0 => 0, 1 => random.Below(256) - 128, _ => random.Below(0x10000) });
    }

    private ulong FixedAddress() => (_memory ?? Arena.Address + Arena.DataOffset + Arena.DataBytes / 4 + (uint)random.Below(16) * 32) - mode.DataBase;

    // An absolute address in the instruction, or a vector of indexes beside a base register.
    private void SetSpecialMemory(ref Instruction instruction, OpCodeOperandKind kind)
    {
        instruction.MemoryDisplSize = Math.Min(8, _bitness / 8);
        if (kind == OpCodeOperandKind.mem_offs)
        {
            instruction.MemoryDisplacement64 = _bitness == 16 ? (ushort)FixedAddress() : FixedAddress();
            return;
        }
        instruction.MemoryBase = Sized(random.Pick(_bases), _bitness != 64);
        instruction.MemoryDisplSize = _bitness == 64 ? 8 : 4;
        instruction.MemoryIndex = OperandRegisters.Index(kind) + random.Below(_bitness == 64 ? 16 : 8);
        instruction.MemoryIndexScale = 1 << random.Below(4);
        var displacement = random.Below(256) - 128;
        instruction.MemoryDisplacement64 = _bitness == 64 ? (ulong)displacement : (uint)displacement;
    }

    // A gather whose destination, mask and index are not three registers is #UD (SDM 2A 2.3.12).
    private static bool Clashes(in Instruction instruction) =>
        instruction.IsVsib && (Same(instruction.Op0Register, instruction.Op2Register) || Same(instruction.Op0Register, instruction.MemoryIndex) || Same(instruction.Op2Register, instruction.MemoryIndex));

    private static bool Same(Register left, Register right) => left.GetFullRegister() == right.GetFullRegister();

    private static Register Sized(Register register, bool narrow) => narrow ? register - Register.RAX + Register.EAX : register;

    private bool SetImmediate(ref Instruction instruction, int operand, OpCodeOperandKind kind)
    {
        OpKind? immediate = kind switch
        {
            OpCodeOperandKind.imm8 => OpKind.Immediate8,
            OpCodeOperandKind.imm8_const_1 => OpKind.Immediate8,
            OpCodeOperandKind.imm8sex16 => OpKind.Immediate8to16,
            OpCodeOperandKind.imm8sex32 => OpKind.Immediate8to32,
            OpCodeOperandKind.imm8sex64 => OpKind.Immediate8to64,
            OpCodeOperandKind.imm16 => OpKind.Immediate16,
            OpCodeOperandKind.imm32 => OpKind.Immediate32,
            OpCodeOperandKind.imm32sex64 => OpKind.Immediate32to64,
            OpCodeOperandKind.imm64 => OpKind.Immediate64,
            _ => null,
        };
        if (instruction.Mnemonic == Mnemonic.Enter) return SetFrame(ref instruction, operand);
        if (immediate is not { } opKind) return SetImplicitMemory(ref instruction, operand, kind);
        instruction.SetOpKind(operand, opKind);
        var value = kind == OpCodeOperandKind.imm8_const_1 ? 1 : random.Integer();
        // The stack stays where it is natively: signals may arrive.
        if (instruction.Mnemonic == Mnemonic.Ret) value &= 0xff;
        if (opKind is OpKind.Immediate8) instruction.Immediate8 = (byte)value;
        else if (opKind is OpKind.Immediate16) instruction.Immediate16 = (ushort)value;
        else if (opKind is OpKind.Immediate32) instruction.Immediate32 = (uint)value;
        else if (opKind is OpKind.Immediate64) instruction.Immediate64 = value;
        else if (opKind is OpKind.Immediate32to64) instruction.Immediate32to64 = (int)value;
        else SetShortImmediate(ref instruction, opKind, (sbyte)value);
        return true;
    }

    // ENTER: a small frame, few levels.
    private bool SetFrame(ref Instruction instruction, int operand)
    {
        instruction.SetOpKind(operand, operand == 0 ? OpKind.Immediate16 : OpKind.Immediate8_2nd);
        if (operand == 0) instruction.Immediate16 = (ushort)random.Below(0x80);
        else instruction.Immediate8_2nd = (byte)random.Below(3);
        return true;
    }

    private static void SetShortImmediate(ref Instruction instruction, OpKind kind, sbyte value)
    {
        if (kind == OpKind.Immediate8to16) instruction.Immediate8to16 = value;
        else if (kind == OpKind.Immediate8to32) instruction.Immediate8to32 = value;
        else instruction.Immediate8to64 = value;
    }

    private bool SetImplicitMemory(ref Instruction instruction, int operand, OpCodeOperandKind kind)
    {
        if (kind == OpCodeOperandKind.seg_rBX_al)
        {
            instruction.SetOpKind(operand, OpKind.Memory);
            instruction.MemoryBase = _bitness switch { 64 => Register.RBX, 32 => Register.EBX, _ => Register.BX };
            instruction.MemoryIndex = Register.AL;
            return true;
        }
        OpKind? memory = kind switch
        {
            OpCodeOperandKind.seg_rSI => _bitness switch { 64 => OpKind.MemorySegRSI, 32 => OpKind.MemorySegESI, _ => OpKind.MemorySegSI },
            OpCodeOperandKind.es_rDI => _bitness switch { 64 => OpKind.MemoryESRDI, 32 => OpKind.MemoryESEDI, _ => OpKind.MemoryESDI },
            OpCodeOperandKind.seg_rDI => _bitness switch { 64 => OpKind.MemorySegRDI, 32 => OpKind.MemorySegEDI, _ => OpKind.MemorySegDI },
            _ => null,
        };
        if (memory is not { } opKind) return false;
        instruction.SetOpKind(operand, opKind);
        return true;
    }
}
