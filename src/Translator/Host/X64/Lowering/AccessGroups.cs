using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>Accesses through one base that one soft-TLB lookup serves.</summary>
/// <param name="First">Operation of the first access.</param>
/// <param name="Last">The last operation that uses the host address.</param>
/// <param name="Low">Lowest byte accessed, relative to the first access.</param>
/// <param name="High">End of the highest, relative to the first access.</param>
internal readonly record struct AccessGroup(int First, int Last, int Low, int High, AccessKind Kind);

/// <summary>
/// Finds neighbouring accesses at constant distances from each other: pushes and pops, fields of a structure, a value read and written back. The
/// first looks the page up and checks that all of them lie in it; RDX keeps the host address as long as nothing between them needs RDX, changes
/// the base by more than a constant, or calls a helper.
/// </summary>
internal sealed class AccessGroups
{
    /// <summary>At most this far apart, in bytes: more would fail the check too often.</summary>
    private const int MaxSpan = 256;
    private const int MaxMembers = 16;
    private const int MaxOperations = 64;

    private int[] _groupOf = new int[256];
    private int[] _distance = new int[256];
    private readonly List<AccessGroup> _groups = [];

    // The group being gathered.
    private IrAddress _address;
    private ulong _moved;
    private int _first, _last, _low, _high, _members;
    private AccessKind _kind;

    public int Of(int index) => _groupOf[index];

    /// <summary>Bytes from the first access of the group to this one.</summary>
    public int Distance(int index) => _distance[index];

    public AccessGroup this[int group] => _groups[group];

    public void Analyse(IrBlock block, ReadOnlySpan<bool> folded, ReadOnlySpan<bool> leavesAside)
    {
        if (_groupOf.Length < block.Count)
        {
            _groupOf = new int[block.Count * 2];
            _distance = new int[block.Count * 2];
        }
        _groupOf.AsSpan(0, block.Count).Fill(-1);
        _groups.Clear();
        _members = 0;
        var instructions = block.Instructions;
        for (var i = 0; i < instructions.Length; i++)
        {
            ref var x = ref instructions[i];
            if (TryAccess(block, x, out var bytes, out var writes))
            {
                if (_members == 0 || !TryJoin(block, x, i, bytes, writes, folded[i]))
                {
                    Close();
                    Begin(block, x, i, bytes, writes, folded[i]);
                }
            }
            else if (!leavesAside[i] && !KeepsHostAddress(block, x))
            {
                Close();
            }
            if (_members > 0 && !FollowsBase(block, x)) Close();
        }
        Close();
    }

    /// <summary>An access that a group can have.</summary>
    private static bool TryAccess(IrBlock block, in IrInstruction x, out int bytes, out bool writes)
    {
        bytes = 1 << (int)x.Size;
        writes = true;
        switch (x.Op)
        {
            case IrOp.GuestLoad:
                bytes = 1 << (int)x.SourceSize;
                writes = false;
                break;
            case IrOp.GuestStore or IrOp.ProbeWrite or IrOp.GuestCmpXchg:
                break;
            case IrOp.GuestRmw:
                // The others with an old value, and the bit operations, need more registers or EFLAGS.
                if (x.Rmw >= RmwKind.Bts || !x.Dst.IsNone && x.Rmw < RmwKind.Xchg) return false;
                break;
            case IrOp.Simd when x.Mem >= 0:
                var simd = block.Simd[(int)x.Imm];
                (bytes, writes) = (simd.MemorySize, simd.Stores);
                if (Lowerer.ComparesStrings(simd.Instruction.Mnemonic)) return false;
                break;
            default:
                return false;
        }
        var address = block.Addresses[x.Mem];
        if (address.Displacement != (int)address.Displacement || bytes > 64) return false;
        // Offsets that wrap must wrap at a page's end.
        return address.AddressSize == OpSize.B64 || address.AddressSize == OpSize.B32 && (address.Linear32 || address.Segment == Segment.None);
    }

    private static bool KeepsHostAddress(IrBlock block, in IrInstruction x) => x.Op switch
    {
        IrOp.InsnStart or IrOp.ReadFlags or IrOp.WriteFlags or IrOp.LoadState => true,
        >= IrOp.Mov and <= IrOp.SetCc => true,
        >= IrOp.Add and <= IrOp.Rcr => true,
        IrOp.IMul => true,
        >= IrOp.Bt and <= IrOp.Crc32 => true,
        >= IrOp.SetCarry and <= IrOp.ComplementCarry => true,
        IrOp.Simd => x.Mem < 0 && !Lowerer.ComparesStrings(block.Simd[(int)x.Imm].Instruction.Mnemonic),
        _ => false,
    };

    private void Begin(IrBlock block, in IrInstruction x, int index, int bytes, bool writes, bool folded)
    {
        _address = block.Addresses[x.Mem];
        _moved = 0;
        _first = index;
        _last = folded ? index + 1 : index;
        (_low, _high) = (0, bytes);
        _members = 1;
        _kind = writes ? AccessKind.Write : AccessKind.Read;
        _groupOf[index] = _groups.Count;
        _distance[index] = 0;
    }

    private bool TryJoin(IrBlock block, in IrInstruction x, int index, int bytes, bool writes, bool folded)
    {
        var address = block.Addresses[x.Mem];
        if (address.Base != _address.Base || address.Index != _address.Index || address.ScaleShift != _address.ScaleShift) return false;
        if (address.Segment != _address.Segment || address.AddressSize != _address.AddressSize || address.Linear32 != _address.Linear32) return false;
        if (_members == MaxMembers || index - _first > MaxOperations) return false;
        var away = (long)_moved + address.Displacement - _address.Displacement;
        if (_address.AddressSize == OpSize.B32) away = (int)away;
        if (away is < -MaxSpan or > MaxSpan) return false;
        int low = Math.Min(_low, (int)away), high = Math.Max(_high, (int)away + bytes);
        if (high - low > MaxSpan || address.Alignment != _address.Alignment || address.Alignment != 0 && (away & (address.Alignment - 1)) != 0) return false;
        (_low, _high) = (low, high);
        _last = folded ? index + 1 : index;
        _members++;
        if (writes) _kind = AccessKind.Write;
        _groupOf[index] = _groups.Count;
        _distance[index] = (int)away;
        return true;
    }

    /// <summary>False: the base or the index is not what it was, plus a constant.</summary>
    private bool FollowsBase(IrBlock block, in IrInstruction x)
    {
        var accumulator = x.Op == IrOp.GuestCmpXchg ? Operand.Gpr(0) : Operand.None;
        if (!Writes(x, accumulator, _address.Base) && !Writes(x, accumulator, _address.Index)) return true;
        if (x.Dst != _address.Base || _address.Base == _address.Index || x.Dst2 == _address.Base || x.Size < _address.AddressSize) return false;
        if (x.Op is not (IrOp.Add or IrOp.Sub) || x.A != x.Dst || !x.B.IsConstant) return false;
        var value = block.ConstantValue(x.B);
        _moved += x.Op == IrOp.Add ? value : 0 - value;
        return true;
    }

    private static bool Writes(in IrInstruction x, Operand accumulator, Operand operand) =>
        !operand.IsNone && !operand.IsConstant && (x.Dst == operand || x.Dst2 == operand || accumulator == operand);

    private void Close()
    {
        if (_members >= 2)
        {
            _groups.Add(new AccessGroup(_first, _last, _low, _high, _kind));
        }
        else if (_members == 1)
        {
            _groupOf[_first] = -1;
        }
        _members = 0;
    }
}
