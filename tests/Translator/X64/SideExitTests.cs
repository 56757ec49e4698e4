using Iced.Intel;
using Tcg.Mttcg.Translator.Host.X64;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>Blocks that go on behind conditional jumps: random parts with a jump after each, against the bare host part by part.</summary>
public sealed unsafe class SideExitTests : IDisposable
{
    private const ulong Target = X64Machine.CodePc + 0xf00;

    private static readonly (Code Code, ulong Flags, Func<ulong, bool> Holds)[] Jumps =
    [
        (Code.Je_rel32_64,  0x40,  f => (f & 0x40) != 0),
        (Code.Jne_rel32_64, 0x40,  f => (f & 0x40) == 0),
        (Code.Jb_rel32_64,  0x01,  f => (f & 1) != 0),
        (Code.Ja_rel32_64,  0x41,  f => (f & 0x41) == 0),
        (Code.Js_rel32_64,  0x80,  f => (f & 0x80) != 0),
        (Code.Jo_rel32_64,  0x800, f => (f & 0x800) != 0),
        (Code.Jnp_rel32_64, 0x04,  f => (f & 4) == 0),
        (Code.Jl_rel32_64,  0x880, f => (f >> 7 & 1) != (f >> 11 & 1)),
        (Code.Jg_rel32_64,  0x8c0, f => (f & 0x40) == 0 && (f >> 7 & 1) == (f >> 11 & 1)),
    ];

    private readonly X64Machine _machine = new(new X64Options(CountInstructions: true));
    private readonly NativeOracle _oracle = new();
    private readonly LiftedProgram _lifted = new();

    [Theory]
    [InlineData(71, 1, true, 500)]
    [InlineData(72, 4, true, 500)]
    [InlineData(73, 4, false, 300)]
    public void Side_exits_agree(int seed, int length, bool mapped, int rounds)
    {
        var random = new Random(seed);
        if (mapped) _machine.MapAll();
        var taken = new int[3];
        for (var round = 0; round < rounds; round++)
        {
            var parts = new List<IReadOnlyList<Instruction>>();
            var jumps = new List<(Code Code, ulong Flags, Func<ulong, bool> Holds)>();
            var undefined = new List<ulong>();
            var program = new GuestProgram(X64Machine.NewBlock());
            for (var part = 0; part < 3; part++)
            {
                var done = program.Native.Count;
                var generator = new ProgramGenerator(random, program, memory: true);
                for (var i = 0; i < length; i++) generator.Next();
                parts.Add(program.Native.Skip(done).ToList());
                undefined.Add(program.UndefinedFlags);
                var usable = Jumps.Where(jump => (jump.Flags & program.UndefinedFlags) == 0).ToArray();
                if (part == 2 || usable.Length == 0) break;
                jumps.Add(usable[random.Next(usable.Length)]);
            }
            if (jumps.Count >= parts.Count) jumps.RemoveAt(jumps.Count - 1);
            var block = _lifted.LiftWithExits(parts, jumps.Select(jump => jump.Code).ToList(), Target);

            var ram = new byte[X64Machine.SharedBytes];
            random.NextBytes(ram);
            var start = Registers.Random(random);
            start.Gpr[15] = (ulong)_machine.Ram + X64Machine.SharedBase;
            ram.CopyTo(new Span<byte>(_machine.Ram, ram.Length));
            var expected = start;
            var left = 0;
            var executed = 0;
            for (; ; left++)
            {
                _oracle.Run(parts[left], ref expected);
                executed += parts[left].Count + 1;
                if (left == jumps.Count || jumps[left].Holds(expected.Flags)) break;
            }
            var expectedRam = new Span<byte>(_machine.Ram, ram.Length).ToArray();

            ram.CopyTo(new Span<byte>(_machine.Ram, ram.Length));
            _machine.Region.Used = 0;
            var tb = _machine.Emit(block);
            _machine.Set(start);
            _machine.State->InstructionCount = 0;
            var exit = _machine.Run(tb);
            var actual = _machine.Get();
            var text = $"round {round}, left after {left}:\n{IrText.Print(block)}";
            Assert.True(exit.JumpSlot == (left == jumps.Count ? -1 : 2 + left), $"left by {exit.Reason}, {text}");
            Assert.True(left == jumps.Count || _machine.State->Rip == Target, text);
            Assert.True(_machine.State->InstructionCount == (ulong)executed, $"{_machine.State->InstructionCount} instructions, not {executed}, {text}");
            for (var i = 0; i < 16; i++) Assert.True(i == 4 || expected.Gpr[i] == actual.Gpr[i], $"{Operand.Gpr(i)}, {text}");
            var mask = ~undefined[left];
            Assert.True((expected.Flags & mask) == (actual.Flags & mask), $"flags {actual.Flags:x}, not {expected.Flags:x}, {text}");
            Assert.True(new Span<byte>(_machine.Ram, ram.Length).SequenceEqual(expectedRam), text);
            taken[left]++;
        }
        Assert.All(taken, count => Assert.True(count > rounds / 20));
    }

    public void Dispose()
    {
        _machine.Dispose();
        _oracle.Dispose();
    }
}
