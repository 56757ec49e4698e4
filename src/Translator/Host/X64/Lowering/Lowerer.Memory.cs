using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>Guest addresses, the soft-TLB lookup, loads and stores. After a lookup RDX is the host address and RAX and RCX are free.</summary>
internal sealed unsafe partial class Lowerer
{
    private bool[] _folded = new bool[256];

    private static bool IsFolded(Loc loc) => loc.IsMemory && loc.Register == Reg.Rdx;

    /// <summary>A load whose value only the next operation uses becomes that operation's memory operand.</summary>
    private void PlanFolds()
    {
        var instructions = _block.Instructions;
        for (var i = 0; i + 1 < instructions.Length; i++)
        {
            ref var load = ref instructions[i];
            ref var user = ref instructions[i + 1];
            if (load.Op != IrOp.GuestLoad || !load.Dst.IsTemp || !_temps.DiesRightAfter(load.Dst.Number, i)) continue;
            if (user.Op is not (>= IrOp.Add and <= IrOp.Xor or IrOp.IMul) || user.Size != load.SourceSize || user.Size == OpSize.B8 && user.Op == IrOp.IMul) continue;
            if (user.A == user.B || user.A != load.Dst && user.B != load.Dst || user.Dst == load.Dst) continue;
            _folded[i] = true;
            _temps[load.Dst.Number] = Loc.At(Reg.Rdx, 0);
        }
    }

    private void Lea()
    {
        ref var x = ref Current;
        var to = Place(x.Dst);
        var address = _block.Addresses[x.Mem];
        var direct = to.IsRegister && x.Size == OpSize.B64 && address.AddressSize >= OpSize.B32
            && !Place(address.Base).IsMemory && !Place(address.Index).IsMemory && address.Displacement == (int)address.Displacement;
        // Not RDX: it may hold the host address of a group of accesses.
        var register = direct ? to.Register : Reg.Rax;
        Offset(address, register);
        if (!direct && x.Size == OpSize.B32 && to.IsMemory) _w.Mov(OpSize.B32, Reg.Rax, Reg.Rax);
        StoreResult(x.Size, to, register);
    }

    /// <summary>The effective address, truncated to the address size, into a register. RCX may be lost; EFLAGS stay.</summary>
    private void Offset(in IrAddress address, Reg to)
    {
        Loc first = Place(address.Base), index = Place(address.Index);
        var size = address.AddressSize == OpSize.B64 ? OpSize.B64 : OpSize.B32;
        var displacement = address.Displacement;
        if (first.IsConstant) displacement += (long)first.Value;
        if (index.IsConstant) displacement += (long)index.Value << address.ScaleShift;
        if (size == OpSize.B32) displacement = (int)displacement;
        var hasBase = first.IsRegister || first.IsMemory;
        var hasIndex = index.IsRegister || index.IsMemory;
        if (!hasBase && !hasIndex)
        {
            _w.MovConstant(to, (ulong)displacement & MaskOf(address.AddressSize));
            return;
        }
        var small = displacement == (int)displacement;
        var baseRegister = hasBase ? InRegister(size, first, to) : Reg.None;
        var indexRegister = hasIndex ? InRegister(size, index, baseRegister == to ? Reg.Rcx : to) : Reg.None;
        if (hasIndex || small && displacement != 0)
        {
            _w.Lea(size, to, new HostMem(baseRegister, indexRegister, address.ScaleShift, small ? (int)displacement : 0));
        }
        else if (baseRegister != to || size == OpSize.B32)
        {
            _w.Mov(size, to, baseRegister);
        }
        if (!small)
        {
            _w.MovConstant(Reg.Rcx, (ulong)displacement);
            _w.Lea(size, to, new HostMem(to, Reg.Rcx, 0, 0));
        }
        if (address.AddressSize == OpSize.B16) _w.MovZero(OpSize.B16, to, to);
    }

    /// <summary>The linear address into RDX. EFLAGS are lost.</summary>
    private void LinearAddress(in IrAddress address)
    {
        Offset(address, Reg.Rdx);
        if (address.Segment == Segment.None)
        {
            if (address.Linear32 && address.AddressSize == OpSize.B64) _w.Mov(OpSize.B32, Reg.Rdx, Reg.Rdx);
            return;
        }
        var segmentBase = HostMem.Env(CpuState.SegmentBaseOffset(address.Segment));
        _w.Alu(AluOp.Add, address.Linear32 ? OpSize.B32 : OpSize.B64, Reg.Rdx, segmentBase);
    }

    private int TableOffset => CpuLayout.TlbTableOffset(_block.Context.MmuIndex);

    private HostMem EntryField(int field) => new(Homes.Environment, Reg.Rcx, 0, TableOffset + field);

    /// <summary>The slow path of the current access; -1: it has none, its group has.</summary>
    private int _accessPath;

    /// <summary>
    /// Makes <see cref="HostOperand"/> the current operation's memory operand; else its slow path runs, which resumes here unless told otherwise.
    /// </summary>
    private void Lookup(AccessKind kind, int bytes)
    {
        _accessPath = -1;
        if (LookupInGroup()) return;
        _hostOffset = 0;
        var address = _block.Addresses[Current.Mem];
        FlagsBeforeFault();
        LinearAddress(address);
        if (address.Alignment != 0)
        {
            _w.Test(OpSize.B8, Reg.Rdx, address.Alignment - 1);
            AddCold(ColdKind.Misaligned, _w.Jump(Condition.Ne));
        }
        EmitLookup(kind, bytes);
        _accessPath = _cold.Count;
        AddCold(ColdKind.Memory, _w.Jump(Condition.A));
        EmitAddHostPage();
        ResumeHere();
    }

    /// <summary>Compares the linear address in RDX with its entry's tag: above if the bytes from there are not in the entry's page.</summary>
    private void EmitLookup(AccessKind kind, int bytes)
    {
        if (HasBmi2)
        {
            _w.Rorx(OpSize.B32, Reg.Rcx, Reg.Rdx, 7);
        }
        else
        {
            _w.Mov(OpSize.B32, Reg.Rcx, Reg.Rdx);
            _w.Shift(ShiftOp.Shr, OpSize.B32, Reg.Rcx, 7);
        }
        _w.Alu(AluOp.And, OpSize.B32, Reg.Rcx, HostMem.Env(CpuState.TlbMaskOffset + 4 * (int)_block.Context.MmuIndex));
        _w.Alu(AluOp.Xor, OpSize.B64, Reg.Rdx, EntryField((int)kind));
        _w.Alu(AluOp.Cmp, OpSize.B64, Reg.Rdx, 4096 - bytes);
    }

    private void EmitAddHostPage() => _w.Alu(AluOp.Add, OpSize.B64, Reg.Rdx, EntryField(TlbEntry.HostPageOffset));

    private void GuestLoad()
    {
        ref var x = ref Current;
        Lookup(AccessKind.Read, 1 << (int)x.SourceSize);
        if (_folded[_index])
        {
            _temps[x.Dst.Number] = Loc.At(Reg.Rdx, _hostOffset);
            return;
        }
        var to = Place(x.Dst);
        var at = HostOperand;
        var merges = x.Size < OpSize.B32 && !x.Dst.IsTemp;
        if (merges && x.SourceSize == x.Size && to.IsRegister)
        {
            _w.Load(x.Size, to.Register, at);
            return;
        }
        var register = to.IsRegister ? to.Register : Reg.Rax;
        var size = merges || x.Size >= OpSize.B32 ? x.Size : OpSize.B32;
        if (x.SourceSize >= x.Size) _w.LoadZero(x.Size, register, at);
        else EmitExtend(size, x.SourceSize, x.Extend == Extension.Sign, register, at);
        if (to.IsMemory) StoreResult(x.Size, to, register);
    }

    private void GuestStore()
    {
        ref var x = ref Current;
        Lookup(AccessKind.Write, 1 << (int)x.Size);
        var from = Place(x.A);
        var at = HostOperand;
        if (from.FitsImmediate(x.Size, out var immediate)) _w.StoreImmediate(x.Size, at, immediate);
        else _w.Store(x.Size, at, InRegister(x.Size, from, Reg.Rax));
        ResumeHere();
    }

    private void ProbeWrite() => Lookup(AccessKind.Write, 1 << (int)Current.Size);

    // -- slow paths ----------------------------------------------------------------------------------------------------------------------

    private void EmitMemorySlow(in ColdPath path)
    {
        ref var x = ref Current;
        var reads = x.Op == IrOp.GuestLoad || x.Op == IrOp.Simd && !_block.Simd[(int)x.Imm].Stores;
        _w.Alu(AluOp.Xor, OpSize.B64, Reg.Rdx, EntryField((int)(reads ? AccessKind.Read : AccessKind.Write)));
        RecoverFlags(path.Source);
        if (x.Op == IrOp.Simd && !reads && _block.Simd[(int)x.Imm].Elements == 0) EncodeSimdStoreToBounce();
        switch (x.Op)
        {
            case IrOp.GuestLoad:
                SlowHelper(HelperId.LoadSlow, 1 << (int)x.SourceSize);
                _w.Store(OpSize.B64, HostMem.Env(CpuState.BounceOffset), Reg.Rax);
                _w.Lea(OpSize.B64, Reg.Rdx, HostMem.Env(CpuState.BounceOffset));
                break;
            case IrOp.GuestStore:
                LoadInto(x.Size, Reg.Rax, Place(x.A));
                SlowHelper(HelperId.StoreSlow, 1 << (int)x.Size);
                break;
            case IrOp.ProbeWrite:
                SlowHelper(HelperId.ProbeWriteSlow, 1 << (int)x.Size);
                break;
            case IrOp.GuestRmw:
                EmitRmwSlow();
                break;
            case IrOp.GuestCmpXchg:
                EmitCmpXchgSlow();
                break;
            case IrOp.Simd when _block.Simd[(int)x.Imm].Elements is not 0 and var elements:
                _w.MovConstant(Reg.Rax, elements);
                CallHelper(HelperId.MoveElements);
                break;
            case IrOp.Simd when reads:
                SlowHelper(HelperId.LoadWide, _block.Simd[(int)x.Imm].MemorySize);
                _w.Lea(OpSize.B64, Reg.Rdx, HostMem.Env(CpuState.BounceOffset));
                break;
            case IrOp.Simd:
                SlowHelper(HelperId.StoreWide, _block.Simd[(int)x.Imm].MemorySize);
                break;
        }
        _w.JumpBack(path.Resume);
    }

    private void SlowHelper(HelperId helper, int bytes)
    {
        _w.MovConstant(Reg.Rcx, new MemoryAccess(bytes, _block.Context.MmuIndex, alignment: _block.Addresses[Current.Mem].Alignment).Raw);
        CallHelper(helper);
    }
}
