using Iced.Intel;
using Tcg.Mttcg.Translator.Guest;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.SelfTest.Oracle;

namespace Tcg.Mttcg.Translator.Tests.Guest.Native;

/// <summary>
/// Programs of guest bytes through lifter, passes and both back ends, against the same bytes on the bare host: registers, defined flags, vectors
/// and memory must agree. (Single instructions: see the Oracle tests.)
/// </summary>
public sealed unsafe class ProgramTests : IDisposable
{
    private readonly NativeHost _host = new();
    private readonly List<OracleBackEnd> _backEnds = [];
    private readonly byte[] _before = new byte[NativeHost.MemoryBytes];
    private readonly List<(string Name, EmulatedGuest Guest)> _guests = [];

    public ProgramTests()
    {
        foreach (var optimise in (ReadOnlySpan<bool>)[false, true])
        {
            var name = optimise ? ", optimised" : "";
            Add("interpreter" + name, new OracleBackEnd(translated: false), optimise);
            if (OracleBackEnd.CanTranslate) Add("translated" + name, new OracleBackEnd(translated: true), optimise);
        }
    }

    private void Add(string name, OracleBackEnd backEnd, bool optimise)
    {
        _backEnds.Add(backEnd);
        _guests.Add((name, new EmulatedGuest(_host.Memory, NativeHost.MemoryBytes, backEnd.BackEnd, backEnd.FreshRegion, optimise)));
    }

    [Theory]
    [InlineData("b90a000000 31c0 ffc0 e2fc")]                                         // loop
    [InlineData("b90a000000 31c0 ffc0 83f807 e0f9")]                                  // loopne
    [InlineData("31c9 e302 ffc0 ffc3")]                                               // jrcxz
    [InlineData("6a05 59 e802000000 eb0a 0fafc1 ffc9 75f9 c20000")]                   // push imm, pop, call, jmp, ret imm16
    [InlineData("55 4889e5 4883ec20 48895df8 48895df0 48ff75f8 8f45e8 488b45e8 c9")]  // a frame
    [InlineData("c8200000 c9")]                                                       // enter, leave
    [InlineData("31d2 bb07000000 f7f3 01d0 99 f7fb")]                                 // div, cdq, idiv
    [InlineData("b8e7030000 b30a f6f3 88e1")]                                         // byte div
    [InlineData("488d0503000000 ffe0 90 9090")]                                       // lea rip, jmp rax
    [InlineData("fd a4 66a5 a5 48a5 fc")]                                             // movs downwards
    [InlineData("ac aa 66ad 66ab ad ab 48ad 48ab a6 48a7 ae 48af")]                   // single string steps
    [InlineData("9c 812424d5080000 58 9e 9f f8 f5 f9")]                               // flags to and fro
    [InlineData("54 5c 54 58 ff3424 8f0424 668f042466ff3424")]                        // push rsp, pop rsp, pop [rsp]
    [InlineData("f00fb10b 750289c2 f0480fb113")]                                      // cmpxchg on memory
    [InlineData("f2480f2ac0 f20f51c8 f20f5cc1 660f2fc1 7602 ffc0 f2480f2cd8")]        // doubles
    [InlineData("660fefd2 660fefc9 660f6fd0 660ff7c1")]                               // maskmovdqu of nothing
    [InlineData("660f76c9 660ff7c1")]                                                 // maskmovdqu of everything
    [InlineData("660f74c1 660ff7d0")]                                                 // maskmovdqu of something
    public void Control_stack_and_strings_agree_with_the_host(string hex)
    {
        var code = Convert.FromHexString(hex.Replace(" ", ""));
        var random = new Random(hex.Length);
        // The undefined flags of a last multiplication or division are not compared.
        for (var round = 0; round < 20; round++) Compare(code, random, (ulong)(ArithmeticFlags.All & ~(ArithmeticFlags.CF | ArithmeticFlags.OF)), "");
    }

    [Theory]
    [InlineData(1, 2, 600)]
    [InlineData(2, 6, 300)]
    [InlineData(3, 24, 150)]
    public void Random_straight_programs_agree_with_the_host(int seed, int length, int programs)
    {
        var pool = new InstructionPool(_host.CodeAddress);
        Assert.True(pool.Count > 500, $"only {pool.Count} instructions to draw from");
        var random = new Random(seed);
        for (var program = 0; program < programs; program++)
        {
            var (instructions, undefined) = pool.Draw(random, length);
            var writer = new Writer();
            var encoder = Encoder.Create(64, writer);
            foreach (var instruction in instructions) encoder.Encode(instruction, instruction.IP);
            for (var round = 0; round < 3; round++) Compare([.. writer.Bytes], random, Flags(undefined), string.Join('\n', instructions));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("66")]
    [InlineData("f2")]
    [InlineData("f3")]
    public void Every_mmx_instruction_agrees_with_the_host(string prefix)
    {
        byte[] load = Convert.FromHexString("0f6f0b0f6f5308"), store = Convert.FromHexString("0f7f4b200f7f53280f77");
        byte[][] maps = [[0x0f], [0x0f, 0x38], [0x0f, 0x3a]];
        var random = new Random(5);
        var seen = 0;
        foreach (var map in maps)
            for (var opcode = 0; opcode < 256; opcode++)
                foreach (var modRm in (byte[])[0xca, 0x4b, 0xd1, 0xe1, 0xf1, 0xc1])
                {
                    // MM1 with MM2, MM1 with [rbx+40h], a shift of MM1 by an immediate.
                    byte[] code = [.. Convert.FromHexString(prefix), .. map, (byte)opcode, modRm, 0x40, 0x05, 0, 0];
                    var instruction = Decoder.Create(64, code).Decode();
                    if (instruction.IsInvalid || instruction.Mnemonic == Mnemonic.Emms || !IsMmx(instruction) || !LiftTable.TryFind(instruction.Mnemonic, out _)) continue;
                    seen++;
                    byte[] program = [.. load, .. code[..instruction.Length], .. store];
                    for (var round = 0; round < 5; round++) Compare(program, random, 0, instruction.ToString());
                }
        Assert.True(seen > (prefix is "" ? 150 : 1), $"only {seen} were run");
    }

    private static bool IsMmx(in Instruction instruction)
    {
        if (instruction.Mnemonic is Mnemonic.Cvtpi2pd or Mnemonic.Cvtpi2ps) return true;
        for (var operand = 0; operand < instruction.OpCount; operand++)
            if (instruction.GetOpKind(operand) == OpKind.Register && instruction.GetOpRegister(operand).IsMM()) return true;
        return false;
    }

    private void Compare(byte[] code, Random random, ulong undefinedFlags, string listing)
    {
        var memory = new Span<byte>(_host.Memory, NativeHost.MemoryBytes);
        random.NextBytes(_before);
        var start = ProcessorImage.Random(random, (ulong)_host.Memory);
        var expected = start;
        _before.CopyTo(memory);
        _host.Run(code, ref expected);
        var expectedMemory = memory.ToArray();
        foreach (var (name, guest) in _guests)
        {
            var actual = start;
            _before.CopyTo(memory);
            guest.Run(code, _host.CodeAddress, ref actual);
            var difference = ProcessorImage.Difference(expected, actual, undefinedFlags);
            var at = memory.CommonPrefixLength(expectedMemory);
            if (at < memory.Length) difference ??= $"memory+{at:x} is {memory[at]:x}, not {expectedMemory[at]:x}";
            if (difference is not null) Assert.Fail($"{name}: {difference}\n{listing}\n{Convert.ToHexString(code)}\n{start}");
        }
    }

    private static ulong Flags(RflagsBits bits)
    {
        ReadOnlySpan<(RflagsBits Bit, ArithmeticFlags Flag)> pairs =
        [
            (RflagsBits.CF, ArithmeticFlags.CF), (RflagsBits.PF, ArithmeticFlags.PF), (RflagsBits.AF, ArithmeticFlags.AF),
            (RflagsBits.ZF, ArithmeticFlags.ZF), (RflagsBits.SF, ArithmeticFlags.SF), (RflagsBits.OF, ArithmeticFlags.OF),
        ];
        var flags = ArithmeticFlags.None;
        foreach (var (bit, flag) in pairs)
            if ((bits & bit) != 0) flags |= flag;
        return (ulong)flags;
    }

    private sealed class Writer : CodeWriter
    {
        public List<byte> Bytes { get; } = [];
        public override void WriteByte(byte value) => Bytes.Add(value);
    }

    public void Dispose()
    {
        foreach (var (_, guest) in _guests) guest.Dispose();
        foreach (var backEnd in _backEnds) backEnd.Dispose();
        _host.Dispose();
    }
}
