using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>
/// Which guest flags are needed after each operation of a block: by a reader, at the block's end, or at a point that may leave with a guest
/// exception (all six, for the state must be exact there). Backward over the block, again until the labels agree.
/// </summary>
internal sealed class FlagLiveness
{
    private ArithmeticFlags[] _after = new ArithmeticFlags[256];
    private ArithmeticFlags[] _labels = new ArithmeticFlags[16];
    private FlagEffects[] _effects = new FlagEffects[256];

    public ArithmeticFlags After(int index) => _after[index];

    public ArithmeticFlags AtLabel(ulong label) => _labels[label];

    public FlagEffects Effects(int index) => _effects[index];

    public void Analyse(IrBlock block)
    {
        if (_after.Length < block.Count)
        {
            _after = new ArithmeticFlags[block.Count * 2];
            _effects = new FlagEffects[block.Count * 2];
        }
        if (_labels.Length < block.Labels) _labels = new ArithmeticFlags[block.Labels * 2];
        _labels.AsSpan(0, block.Labels).Clear();
        var instructions = block.Instructions;
        for (var i = 0; i < instructions.Length; i++) _effects[i] = FlagEffects.Of(instructions[i], block);
        while (Pass(instructions))
        {
        }
    }

    /// <summary>True: a label's needs grew, and a branch back to it may have seen the old ones.</summary>
    private bool Pass(Span<IrInstruction> instructions)
    {
        var again = false;
        var need = ArithmeticFlags.All;
        for (var i = instructions.Length - 1; i >= 0; i--)
        {
            ref var x = ref instructions[i];
            switch (x.Op)
            {
                case IrOp.Br: need = _labels[x.Imm]; break;
                case IrOp.BrIf or IrOp.BrZero or IrOp.BrNonZero: need |= _labels[x.Imm]; break;
                case IrOp.GotoTb or IrOp.GotoIndirect or IrOp.ExitTb: need = ArithmeticFlags.All; break;
                case IrOp.Label:
                    again |= _labels[x.Imm] != need;
                    _labels[x.Imm] = need;
                    break;
            }
            _after[i] = need;
            need = need & ~_effects[i].Kills | _effects[i].Reads;
            if ((OpTable.Of(x.Op).Traits & OpTraits.Faults) != 0) need = ArithmeticFlags.All;
        }
        return again;
    }
}
