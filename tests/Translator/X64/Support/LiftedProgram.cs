using Iced.Intel;
using Tcg.Mttcg.Translator.Guest;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Passes;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>Instructions assembled and lifted again by the product's own front end and passes.</summary>
internal sealed class LiftedProgram : ICodeFetch
{
    private readonly BlockLifter _lifter = new();
    private readonly PassPipeline _passes = new();
    private readonly byte[] _page = new byte[4096];

    /// <summary>PAUSE ends what <paramref name="native"/> leaves open.</summary>
    public IrBlock Lift(IReadOnlyList<Instruction> native) => Lift(native, assembler => assembler.pause());

    /// <summary>JNZ to the first instruction ends it.</summary>
    public IrBlock LiftLoop(IReadOnlyList<Instruction> native) => Lift(native, assembler => assembler.jne(X64Machine.CodePc));

    private IrBlock Lift(IReadOnlyList<Instruction> native, Action<Assembler> end)
    {
        var assembler = new Assembler(64);
        foreach (var instruction in native) assembler.AddInstruction(instruction);
        end(assembler);
        var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), X64Machine.CodePc);
        _page.AsSpan().Clear();
        stream.ToArray().CopyTo(_page, 0);
        var block = new IrBlock();
        Assert.Equal(LiftOutcome.Lifted, _lifter.Lift(block, X64Machine.Context(), this));
        _passes.Run(block);
        return block;
    }

    public ReadOnlySpan<byte> FirstPage => _page;

    public bool TrySecondPage(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        return false;
    }
}
