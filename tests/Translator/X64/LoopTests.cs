using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>Random loops that end in DEC RBP and JNZ to their start, on the bare host and translated: the flags never saved must not be missed.</summary>
public sealed unsafe class LoopTests : IDisposable
{
    private const int Counter = 5;

    private readonly X64Machine _machine = new();
    private readonly NativeOracle _oracle = new();
    private readonly LiftedProgram _lifted = new();

    [Theory]
    [InlineData(51, 1, true, 400)]
    [InlineData(52, 3, true, 400)]
    [InlineData(53, 8, true, 200)]
    [InlineData(54, 2, false, 300)]
    [InlineData(55, 6, false, 200)]
    public void Random_loops_agree(int seed, int length, bool mapped, int rounds)
    {
        var random = new Random(seed);
        if (mapped) _machine.MapAll();
        var copies = 0;
        for (var round = 0; round < rounds; round++)
        {
            var program = new GuestProgram(X64Machine.NewBlock());
            var generator = new ProgramGenerator(random, program, memory: true) { Spared = Counter };
            for (var i = 0; i < length; i++) generator.Next();
            generator.CountDown(Counter);
            var block = _lifted.LiftLoop(program.Native);
            Agreement.Check(_machine, _oracle, program, block, random, memory: true, iterations: (Counter, random.Next(1, 6)));
            if (_machine.Region.Blocks[^1].LoopOffset != 0) copies++;
        }
        Assert.True(copies > rounds / 10, $"only {copies} loop copies");
    }

    [Theory]
    [InlineData(61, 3, 300)]
    [InlineData(62, 8, 200)]
    public void A_slow_path_in_a_loop_sees_the_state_at_its_instruction(int seed, int length, int rounds)
    {
        var random = new Random(seed);
        var seen = 0;
        for (var round = 0; round < rounds; round++)
        {
            var program = new GuestProgram(X64Machine.NewBlock());
            var generator = new ProgramGenerator(random, program, memory: true) { Spared = Counter };
            var undefined = new List<ulong>();
            while (undefined.Count < length)
            {
                var before = program.UndefinedFlags;
                generator.Next();
                while (undefined.Count < program.Native.Count) undefined.Add(before);
            }
            undefined.Add(program.UndefinedFlags);
            generator.CountDown(Counter);
            var block = _lifted.LiftLoop(program.Native);
            var starts = new List<int>();
            foreach (ref var x in block.Instructions)
            {
                if (x.Op == IrOp.InsnStart) starts.Add((int)(x.Imm - X64Machine.CodePc));
            }
            _machine.Region.Used = 0;
            var tb = _machine.Emit(block);
            var ram = new byte[X64Machine.SharedBytes];
            random.NextBytes(ram);
            var start = Registers.Random(random);
            start.Gpr[15] = (ulong)_machine.Ram + X64Machine.SharedBase;
            start.Gpr[Counter] = 3;
            ram.CopyTo(new Span<byte>(_machine.Ram, ram.Length));
            var states = new List<(int Instruction, Registers State)>();
            _machine.OnHelper = (id, a, b, c) =>
            {
                var offset = Cache.UnwindTable.Find(tb.Unwind, (int)(_machine.State->HostReturn - tb.Entry));
                states.Add((starts.IndexOf(offset), _machine.Get()));
                return _machine.SlowMemory(id, a, b, c);
            };
            _machine.Set(start);
            _machine.Run(tb);

            foreach (var (instruction, actual) in states)
            {
                ram.CopyTo(new Span<byte>(_machine.Ram, ram.Length));
                var expected = start;
                for (var i = actual.Gpr[Counter]; i < 3; i++) _oracle.Run(program.Native, ref expected);
                _oracle.Run(program.Native.Take(instruction).ToList(), ref expected);
                var mask = ~(undefined[instruction] | program.UndefinedFlags);
                var text = $"round {round}, {3 - actual.Gpr[Counter]} rounds done, at {instruction}:\n{string.Join('\n', program.Native)}\n{IrText.Print(block)}";
                Assert.True((expected.Flags & mask) == (actual.Flags & mask), $"flags {actual.Flags & mask:x}, not {expected.Flags & mask:x}, {text}");
                for (var i = 0; i < 16; i++) Assert.True(i == 4 || expected.Gpr[i] == actual.Gpr[i], $"{Operand.Gpr(i)}, {text}");
                seen++;
            }
        }
        Assert.True(seen > 3 * rounds, $"only {seen} slow paths ran");
    }

    public void Dispose()
    {
        _machine.Dispose();
        _oracle.Dispose();
    }
}
