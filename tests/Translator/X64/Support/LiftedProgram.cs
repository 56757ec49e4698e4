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

    /// <summary>After each part but the last its jump, to <paramref name="target"/>; PAUSE ends it. As one block.</summary>
    public IrBlock LiftWithExits(IReadOnlyList<IReadOnlyList<Instruction>> parts, IReadOnlyList<Code> jumps, ulong target)
    {
        var assembler = new Assembler(64);
        for (var i = 0; i < parts.Count; i++)
        {
            foreach (var instruction in parts[i]) assembler.AddInstruction(instruction);
            if (i < jumps.Count) assembler.AddInstruction(Instruction.CreateBranch(jumps[i], target));
        }
        assembler.pause();
        return Lift(assembler);
    }

    private IrBlock Lift(IReadOnlyList<Instruction> native, Action<Assembler> end)
    {
        var assembler = new Assembler(64);
        foreach (var instruction in native) assembler.AddInstruction(instruction);
        end(assembler);
        return Lift(assembler);
    }

    private IrBlock Lift(Assembler assembler)
    {
        var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), X64Machine.CodePc);
        _page.AsSpan().Clear();
        stream.ToArray().CopyTo(_page, 0);
        var block = new IrBlock();
        Assert.Equal(LiftOutcome.Lifted, _lifter.Lift(block, X64Machine.Context(), this, sideExits: Lifting.MostSideExits));
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
