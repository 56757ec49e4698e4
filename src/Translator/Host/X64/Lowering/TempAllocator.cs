using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>
/// One place for each temporary's whole life: a register while there are any, else a spill slot. Lives are intervals of IR positions; a branch
/// back stretches those that span its target.
/// </summary>
internal sealed class TempAllocator
{
    private int[] _first = new int[64];
    private int[] _last = new int[64];
    private Loc[] _places = new Loc[64];
    private int[] _labels = new int[16];
    private readonly int[] _registerFree = new int[Homes.Temps.Length];
    private readonly int[] _slotFree = new int[CpuState.SpillSlots];

    public Loc this[int temp]
    {
        get => _places[temp];
        set => _places[temp] = value;
    }

    /// <summary>The temporary is defined at <paramref name="index"/> and used at the next position only.</summary>
    public bool DiesRightAfter(int temp, int index) => _first[temp] == index && _last[temp] == index + 1;

    public void Analyse(IrBlock block)
    {
        if (_first.Length < block.Temps)
        {
            _first = new int[block.Temps * 2];
            _last = new int[block.Temps * 2];
            _places = new Loc[block.Temps * 2];
        }
        if (_labels.Length < block.Labels) _labels = new int[block.Labels * 2];
        _first.AsSpan(0, block.Temps).Fill(-1);
        var instructions = block.Instructions;
        for (var i = 0; i < instructions.Length; i++)
        {
            ref var x = ref instructions[i];
            Touch(x.Dst, i);
            Touch(x.Dst2, i);
            Touch(x.A, i);
            Touch(x.B, i);
            Touch(x.C, i);
            if (x.Mem >= 0)
            {
                Touch(block.Addresses[x.Mem].Base, i);
                Touch(block.Addresses[x.Mem].Index, i);
            }
            if (x.Op == IrOp.Label) _labels[x.Imm] = i;
        }
        for (var i = 0; i < instructions.Length; i++)
        {
            if (instructions[i].Op is not (IrOp.Br or IrOp.BrIf or IrOp.BrZero or IrOp.BrNonZero)) continue;
            var target = _labels[instructions[i].Imm];
            if (target < i) Stretch(block.Temps, target, i);
        }
    }

    private void Touch(Operand operand, int index)
    {
        if (!operand.IsTemp) return;
        if (_first[operand.Number] < 0) _first[operand.Number] = index;
        _last[operand.Number] = index;
    }

    private void Stretch(int temps, int target, int branch)
    {
        for (var t = 0; t < temps; t++)
        {
            if (_first[t] >= 0 && _first[t] < target && _last[t] >= target && _last[t] < branch) _last[t] = branch;
        }
    }

    /// <summary>False: more temporaries live at once than there are places.</summary>
    public bool Assign(IrBlock block, ReadOnlySpan<bool> folded)
    {
        _registerFree.AsSpan().Fill(-1);
        _slotFree.AsSpan().Fill(-1);
        var instructions = block.Instructions;
        for (var i = 0; i < instructions.Length; i++)
        {
            ref var x = ref instructions[i];
            if (folded[i]) continue;
            if (!Place(x.Dst, i) || !Place(x.Dst2, i)) return false;
            // Read before it was written: undefined, but it must have a place.
            if (!Place(x.A, i) || !Place(x.B, i) || !Place(x.C, i)) return false;
            if (x.Mem >= 0 && !(Place(block.Addresses[x.Mem].Base, i) && Place(block.Addresses[x.Mem].Index, i))) return false;
        }
        return true;
    }

    private bool Place(Operand operand, int index)
    {
        if (!operand.IsTemp || _first[operand.Number] != index) return true;
        var last = _last[operand.Number];
        for (var r = 0; r < _registerFree.Length; r++)
        {
            if (_registerFree[r] >= index) continue;
            _registerFree[r] = last;
            _places[operand.Number] = Loc.In(Homes.Temps[r]);
            return true;
        }
        for (var s = 0; s < _slotFree.Length; s++)
        {
            if (_slotFree[s] >= index) continue;
            _slotFree[s] = last;
            _places[operand.Number] = Loc.Env(CpuState.SpillOffset + 8 * s);
            return true;
        }
        return false;
    }
}
