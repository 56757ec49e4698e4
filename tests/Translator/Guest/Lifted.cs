using Tcg.Mttcg.Translator.Guest;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.Guest;

/// <summary>Lifting as tests see it: hexadecimal code in, verified IR out.</summary>
internal static class Lifted
{
    public const TbFlags Flat64 = TbFlags.Code64 | TbFlags.LongMode | TbFlags.Protected | TbFlags.CsBaseZero | TbFlags.OsFxsr;
    public const TbFlags Flat32 = TbFlags.Code32 | TbFlags.Stack32 | TbFlags.Protected | TbFlags.CsBaseZero | TbFlags.FlatData | TbFlags.OsFxsr;
    public const TbFlags Segmented32 = Flat32 & ~TbFlags.FlatData;
    public const TbFlags Real16 = TbFlags.OsFxsr;

    public static IrBlock Lift(string hex, TbFlags flags = Flat64, ulong pc = 0x1000, ulong csBase = 0, TbCompileFlags compile = TbCompileFlags.None)
    {
        var bytes = Convert.FromHexString(hex.Replace(" ", ""));
        return Lift(new CodePages(bytes, 4096 - (int)(pc & 0xfff)), new TbContext(pc, csBase, flags, compile));
    }

    public static IrBlock Lift(ICodeFetch code, TbContext context)
    {
        var block = new IrBlock();
        Assert.Equal(LiftOutcome.Lifted, new BlockLifter().Lift(block, context, code));
        Assert.Null(IrVerifier.Check(block));
        return block;
    }

    /// <summary>The IR of the first guest instruction alone, without its insn_start and the end of the block.</summary>
    public static string First(string hex, TbFlags flags = Flat64)
    {
        var block = Lift(hex, flags, compile: (TbCompileFlags)1);
        var lines = IrText.Print(block).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return string.Join('\n', lines.Where(line => !line.StartsWith("block", StringComparison.Ordinal) && !line.StartsWith("insn_start", StringComparison.Ordinal)));
    }

    public static IrInstruction Last(IrBlock block) => block.Instructions[^1];

    /// <summary>The vector of the exception a block raises first, -1: none.</summary>
    public static int RaisedVector(IrBlock block)
    {
        foreach (var i in block.Instructions)
            if (i.Op == IrOp.Call && i.Imm == (ulong)HelperId.RaiseException) return (int)block.ConstantValue(i.A);
        return -1;
    }
}
