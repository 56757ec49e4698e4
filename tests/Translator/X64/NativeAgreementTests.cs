using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>Random programs through the back end and on the bare host CPU: registers, flags and memory must agree.</summary>
public sealed unsafe class NativeAgreementTests : IDisposable
{
    private readonly X64Machine _machine = new();
    private readonly NativeOracle _oracle = new();

    [Theory]
    [InlineData(1, 1, 3000)]
    [InlineData(2, 3, 1500)]
    [InlineData(3, 12, 800)]
    public void Register_programs_agree_with_the_host(int seed, int length, int rounds) => Compare(seed, length, rounds, memory: false, mapped: true);

    [Theory]
    [InlineData(4, 1, 2000)]
    [InlineData(5, 4, 1500)]
    [InlineData(6, 16, 800)]
    public void Programs_on_mapped_memory_agree_with_the_host(int seed, int length, int rounds) => Compare(seed, length, rounds, memory: true, mapped: true);

    [Theory]
    [InlineData(7, 1, 2000)]
    [InlineData(8, 4, 1500)]
    [InlineData(9, 16, 800)]
    public void Programs_on_the_slow_path_agree_with_the_host(int seed, int length, int rounds) => Compare(seed, length, rounds, memory: true, mapped: false);

    private void Compare(int seed, int length, int rounds, bool memory, bool mapped)
    {
        var random = new Random(seed);
        if (mapped) _machine.MapAll();
        var before = new byte[2 * 4096];
        for (var round = 0; round < rounds; round++)
        {
            var program = new GuestProgram(X64Machine.NewBlock());
            var generator = new ProgramGenerator(random, program, memory);
            for (var i = 0; i < length; i++) generator.Next();
            program.Exit();

            var start = Registers.Random(random);
            var ram = new Span<byte>(_machine.Ram, before.Length);
            random.NextBytes(before);
            if (memory) start.Gpr[15] = (ulong)_machine.Ram;

            var expected = start;
            before.CopyTo(ram);
            _oracle.Run(program.Native, ref expected);
            var expectedRam = ram.ToArray();

            before.CopyTo(ram);
            _machine.Region.Used = 0;
            var tb = _machine.Emit(program.Block);
            _machine.Set(start);
            _machine.Run(tb);
            var actual = _machine.Get();

            var mask = ~program.UndefinedFlags;
            for (var i = 0; i < 16; i++)
            {
                if (i != 4 && expected.Gpr[i] != actual.Gpr[i]) Fail($"{Operand.Gpr(i)} is {actual.Gpr[i]:x}, not {expected.Gpr[i]:x}", program, start, round);
            }
            if ((expected.Flags & mask) != (actual.Flags & mask)) Fail($"flags are {actual.Flags & mask:x}, not {expected.Flags & mask:x}", program, start, round);
            if (!ram.SequenceEqual(expectedRam)) Fail("memory differs", program, start, round);
        }
    }

    private static void Fail(string what, GuestProgram program, Registers start, int round)
    {
        var registers = string.Join(' ', Values(start));
        Assert.Fail($"round {round}: {what}\n{string.Join('\n', program.Native)}\n{registers} flags={start.Flags:x}");
    }

    private static string[] Values(Registers registers)
    {
        var values = new string[16];
        for (var i = 0; i < 16; i++) values[i] = $"{Operand.Gpr(i)}={registers.Gpr[i]:x}";
        return values;
    }

    public void Dispose()
    {
        _machine.Dispose();
        _oracle.Dispose();
    }
}
