using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>
/// Whenever a helper runs, registers and flags in the state are those of its instruction's start, whatever the generated code did to avoid saving
/// them. Every memory access takes the slow path here, and the bare host runs the instructions before it.
/// </summary>
public sealed unsafe class ExactStateTests : IDisposable
{
    private readonly X64Machine _machine = new();
    private readonly NativeOracle _oracle = new();

    [Theory]
    [InlineData(41, 4, 600)]
    [InlineData(42, 12, 400)]
    [InlineData(43, 30, 150)]
    public void A_slow_path_sees_the_state_at_its_instruction(int seed, int length, int rounds)
    {
        var random = new Random(seed);
        var seen = 0;
        for (var round = 0; round < rounds; round++)
        {
            var program = new GuestProgram(X64Machine.NewBlock());
            var generator = new ProgramGenerator(random, program, memory: true);
            var undefined = new List<ulong>();
            while (undefined.Count < length)
            {
                var before = program.UndefinedFlags;
                generator.Next();
                while (undefined.Count < program.Native.Count) undefined.Add(before);
            }
            program.Exit();
            var ram = new byte[X64Machine.SharedBytes];
            random.NextBytes(ram);
            var start = Registers.Random(random);
            start.Gpr[15] = (ulong)_machine.Ram + X64Machine.SharedBase;

            ram.CopyTo(new Span<byte>(_machine.Ram, ram.Length));
            _machine.Region.Used = 0;
            var tb = _machine.Emit(program.Block);
            var states = new List<(int Instruction, Registers State)>();
            _machine.OnHelper = (id, a, b, c) =>
            {
                states.Add((UnwindTable.Find(tb.Unwind, (int)(_machine.State->HostReturn - tb.Entry)), _machine.Get()));
                return _machine.SlowMemory(id, a, b, c);
            };
            _machine.Set(start);
            _machine.Run(tb);

            foreach (var (instruction, actual) in states)
            {
                ram.CopyTo(new Span<byte>(_machine.Ram, ram.Length));
                var expected = start;
                _oracle.Run(program.Native.Take(instruction).ToList(), ref expected);
                var mask = ~undefined[instruction];
                var text = $"round {round}, at {instruction}:\n{string.Join('\n', program.Native)}\n{IrText.Print(program.Block)}";
                Assert.True((expected.Flags & mask) == (actual.Flags & mask), $"flags {actual.Flags & mask:x}, not {expected.Flags & mask:x}, {text}");
                for (var i = 0; i < 16; i++) Assert.True(i == 4 || expected.Gpr[i] == actual.Gpr[i], $"{Operand.Gpr(i)}, {text}");
                seen++;
            }
        }
        Assert.True(seen > rounds, $"only {seen} slow paths ran");
    }

    public void Dispose()
    {
        _machine.Dispose();
        _oracle.Dispose();
    }
}
