using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>Runs a program on both sides from the same random state and compares everything.</summary>
internal static unsafe class Agreement
{
    /// <param name="memory">R15 points to memory that both use.</param>
    /// <param name="iterations">The block loops, and this register counts down from there.</param>
    public static void Check(X64Machine machine, NativeOracle oracle, GuestProgram program, IrBlock block, Random random, bool memory, (int Register, int Count)? iterations = null)
    {
        var start = Registers.Random(random);
        var ram = new Span<byte>(machine.Ram, X64Machine.SharedBytes);
        var before = new byte[X64Machine.SharedBytes];
        random.NextBytes(before);
        if (memory) start.Gpr[15] = (ulong)machine.Ram + X64Machine.SharedBase;
        if (iterations is { } loop) start.Gpr[loop.Register] = (ulong)loop.Count;

        var expected = start;
        before.CopyTo(ram);
        for (var i = 0; i < (iterations?.Count ?? 1); i++) oracle.Run(program.Native, ref expected);
        var expectedRam = ram.ToArray();

        before.CopyTo(ram);
        machine.Region.Used = 0;
        var tb = machine.Emit(block);
        machine.Set(start);
        machine.Run(tb);
        var actual = machine.Get();

        for (var i = 0; i < 16; i++)
        {
            if (i != 4 && expected.Gpr[i] != actual.Gpr[i]) Fail($"{Operand.Gpr(i)} is {actual.Gpr[i]:x}, not {expected.Gpr[i]:x}", program, block, start);
        }
        var defined = ~program.UndefinedFlags;
        if ((expected.Flags & defined) != (actual.Flags & defined)) Fail($"flags are {actual.Flags & defined:x}, not {expected.Flags & defined:x}", program, block, start);
        if (!new Span<byte>(expected.Vector, 256).SequenceEqual(new Span<byte>(actual.Vector, 256))) Fail("vectors differ", program, block, start);
        if (expected.MxCsr != actual.MxCsr) Fail($"MXCSR is {actual.MxCsr:x}, not {expected.MxCsr:x}", program, block, start);
        if (!ram.SequenceEqual(expectedRam)) Fail("memory differs", program, block, start);
    }

    private static void Fail(string what, GuestProgram program, IrBlock block, Registers start)
    {
        var values = new string[16];
        for (var i = 0; i < 16; i++) values[i] = $"{Operand.Gpr(i)}={start.Gpr[i]:x}";
        Assert.Fail($"{what}\n{string.Join('\n', program.Native)}\n{string.Join(' ', values)} flags={start.Flags:x} mxcsr={start.MxCsr:x}\n{IrText.Print(block)}");
    }
}
