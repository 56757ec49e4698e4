using Iced.Intel;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>
/// Lowers one block at a time. This file: the walk over the block and the shape of a TB; the other parts, one family of operations each.
/// <para>
/// A TB: the head (poll of the exit request, eight patchable bytes, and the comparison of bytes that change often), the operations in order, then out of line the slow paths, the stubs of the
/// jump slots and the stub that leaves. At heads, labels and ends the guest flags are in the state.
/// </para>
/// </summary>
internal sealed unsafe partial class Lowerer
{
    private readonly X64Thunks _thunks;
    private readonly X64Options _options;
    private readonly X64Writer _w = new();
    private readonly Encoder _encoder;
    private readonly FlagLiveness _flags = new();
    private readonly TempAllocator _temps = new();
    private readonly ConstantPool _pool = new();
    private readonly List<byte> _unwind = [];
    private readonly List<(int At, ulong Label)> _labelJumps = [];
    private int[] _labelAt = new int[16];
    private bool[] _skip = new bool[256];

    private IrBlock _block = null!;
    private TranslationBlock _tb = null!;
    private int _start;
    private int _index;
    private int _guestOffset;
    private int _unwindHost;
    private int _unwindGuest;

    /// <summary>Ran out of room in the middle of a path.</summary>
    private bool _overflow;

    public Lowerer(X64Thunks thunks, X64Options options)
    {
        _thunks = thunks;
        _options = options;
        _encoder = Encoder.Create(64, _w);
    }

    private ref IrInstruction Current => ref _block.Instructions[_index];

    public EmitResult Lower(IrBlock block, TranslationBlock tb, CodeRegion region)
    {
        _block = block;
        _tb = tb;
        _w.Begin(region, (region.Used + 15) & ~15);
        _start = _w.Position;
        Reset();
        _flags.Analyse(block);
        _temps.Analyse(block);
        PlanBlock();
        if (!_temps.Assign(block, _folded)) return EmitResult.BlockTooLarge;
        if (!EmitAll()) return region.Blocks.Count == 0 ? EmitResult.BlockTooLarge : EmitResult.RegionFull;

        tb.Region = region;
        tb.CodeOffset = _start;
        tb.CodeBytes = _w.Position - _start;
        tb.Entry = _w.AddressOf(_start);
        tb.Unwind = [.. _unwind];
        region.Used = _w.Position;
        return EmitResult.Emitted;
    }

    private void Reset()
    {
        _unwind.Clear();
        _labelJumps.Clear();
        _cold.Clear();
        _overflow = false;
        _grouping = true;
        _openGroup = -1;
        _pool.Clear();
        _specialDivides.Clear();
        _unwindHost = _unwindGuest = _guestOffset = 0;
        for (var slot = 0; slot < TranslationBlock.JumpSlots; slot++) _tb.Jump(slot) = default;
        _tb.LoopOffset = _tb.LoopStubOffset = 0;
        if (_labelAt.Length < _block.Labels) _labelAt = new int[_block.Labels * 2];
        if (_skip.Length < _block.Count)
        {
            _skip = new bool[_block.Count * 2];
            _folded = new bool[_block.Count * 2];
            _leavesAside = new bool[_block.Count * 2];
        }
        _skip.AsSpan(0, _block.Count).Clear();
        _folded.AsSpan(0, _block.Count).Clear();
        _leavesAside.AsSpan(0, _block.Count).Clear();
        FlagsAtLabel();
    }

    /// <summary>Decides what is lowered together with its neighbour.</summary>
    private void PlanBlock()
    {
        PlanFolds();
        PlanLoop();
        PlanExits();
        _groups.Analyse(_block, _folded, _leavesAside);
    }

    private bool EmitAll()
    {
        if (!_w.HasRoom) return false;
        EmitPoll(ColdKind.ExitRequest);
        if (!EmitBody()) return false;
        if (_loopJumps.Count > 0)
        {
            EmitLoopCopy();
            if (!EmitBody()) return false;
        }
        for (var i = 0; i < _cold.Count; i++)
        {
            if (!_w.HasRoom) return false;
            EmitCold(_cold[i]);
            if (_overflow) return false;
        }
        if (!_w.HasRoomFor(_pool.Bytes + 8)) return false;
        _tb.PoolOffset = _pool.Finish(_w);
        return true;
    }

    private bool EmitBody()
    {
        var instructions = _block.Instructions;
        _executed = 0;
        for (_index = 0; _index < instructions.Length; _index++)
        {
            if (!_w.HasRoom) return false;
            if (!_skip[_index]) Table[(int)instructions[_index].Op](this);
            CloseGroup();
        }
        foreach (var (at, label) in _labelJumps) _w.Patch(at, _labelAt[label]);
        _labelJumps.Clear();
        return true;
    }

    /// <summary>Eight patchable bytes: the poll, or a NOP where there is none.</summary>
    private void EmitPoll(ColdKind kind)
    {
        if ((_block.Context.CompileFlags & TbCompileFlags.NoPoll) != 0)
        {
            _w.Nop8();
            AddCold(kind, -1);
        }
        else
        {
            _w.Alu(AluOp.Cmp, OpSize.B32, HostMem.Env(CpuState.ExitRequestOffset), 0);
            AddCold(kind, _w.Jump(Condition.Ne));
        }
        EmitChecks();
        if (_options.CountInstructions)
        {
            _w.Alu(AluOp.Add, OpSize.B64, HostMem.Env(CpuState.InstructionCountOffset), _block.GuestInstructions);
        }
    }

    // -- operands ------------------------------------------------------------------------------------------------------------------------

    private Loc Place(Operand operand)
    {
        switch (operand.Kind)
        {
            case OperandKind.Gpr:
                var home = Homes.Of[operand.Number];
                return home != Reg.None ? Loc.In(home) : Loc.Env(CpuState.GprOffset + 8 * operand.Number);
            case OperandKind.Temp:
                return _temps[operand.Number];
            case OperandKind.Constant:
                return Loc.Constant(_block.ConstantValue(operand));
            default:
                return Loc.None;
        }
    }

    /// <summary>A register that holds the operand at least at this size; the scratch register if it must be loaded. Flags survive.</summary>
    private Reg InRegister(OpSize size, Loc loc, Reg scratch)
    {
        if (loc.IsRegister) return loc.Register;
        LoadInto(size, scratch, loc);
        return scratch;
    }

    /// <summary>Loads an operand zero-extended. Flags survive.</summary>
    private void LoadInto(OpSize size, Reg to, Loc loc)
    {
        if (loc.IsRegister) _w.MovZero(size, to, loc.Register);
        else if (loc.IsMemory) _w.LoadZero(size, to, loc.Memory);
        else _w.MovConstant(to, loc.Value & MaskOf(size));
    }

    /// <summary>As <see cref="LoadInto"/>, without clearing what is above 8 or 16 bits: one move for a register.</summary>
    private void CopyInto(OpSize size, Reg to, Loc loc)
    {
        if (loc.IsRegister) _w.Mov(size == OpSize.B64 ? OpSize.B64 : OpSize.B32, to, loc.Register);
        else LoadInto(size, to, loc);
    }

    private static ulong MaskOf(OpSize size) => size >= OpSize.B64 ? ulong.MaxValue : (1ul << (8 << (int)size)) - 1;

    /// <summary>Writes a result to its destination: 8 and 16 bits merge, 32 zero-extend. A 32-bit result must be zero-extended in its register already.</summary>
    private void StoreResult(OpSize size, Loc to, Reg from)
    {
        if (to.IsNone) return;
        if (to.IsRegister)
        {
            if (to.Register != from) _w.Mov(size, to.Register, from);
        }
        else
        {
            _w.Store(size == OpSize.B32 ? OpSize.B64 : size, to.Memory, from);
        }
    }

    /// <summary>Destination becomes a copy of the source at this size. RAX may be used. Flags survive.</summary>
    private void Assign(OpSize size, Loc to, Loc from)
    {
        if (to.IsNone || to == from && size != OpSize.B32) return;
        if (to.IsRegister)
        {
            if (from.IsRegister) _w.Mov(size, to.Register, from.Register);
            else if (from.IsMemory) _w.Load(size, to.Register, from.Memory);
            else if (size >= OpSize.B32) _w.MovConstant(to.Register, from.Value & MaskOf(size));
            else _w.MovConstantLow(size, to.Register, (int)from.Value);
        }
        else if (from.FitsImmediate(size, out var immediate) && (size != OpSize.B32 || immediate >= 0))
        {
            _w.StoreImmediate(size == OpSize.B32 ? OpSize.B64 : size, to.Memory, immediate);
        }
        else if (from.IsRegister && size != OpSize.B32)
        {
            _w.Store(size, to.Memory, from.Register);
        }
        else
        {
            LoadInto(size, Reg.Rax, from);
            StoreResult(size, to, Reg.Rax);
        }
    }

    /// <summary>The register in which a result of this size may be computed from scratch: its own if nothing must merge, else RAX.</summary>
    private static Reg ResultRegister(OpSize size, Operand operand, Loc to) =>
        to.IsRegister && (size >= OpSize.B32 || operand.IsTemp) ? to.Register : Reg.Rax;
}
