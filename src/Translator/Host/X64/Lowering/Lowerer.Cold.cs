using System.Runtime.InteropServices;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>Helper calls and what is emitted behind the block.</summary>
internal sealed unsafe partial class Lowerer
{
    private readonly List<ColdPath> _cold = [];
    private int _exitStub;

    private void AddCold(ColdKind kind, int jump) =>
        _cold.Add(new ColdPath(kind, jump, 0, _index, _guestOffset, ColdSource) { Saved = _saved, Executed = _executed });

    /// <summary>The slow path of the current access comes back here.</summary>
    private void ResumeHere()
    {
        if (_accessPath >= 0) CollectionsMarshal.AsSpan(_cold)[_accessPath].Resume = _w.Position;
    }

    private void EmitCold(in ColdPath path)
    {
        if (path.Jump >= 0) _w.PatchHere(path.Jump);
        _index = path.Index;
        _guestOffset = path.GuestOffset;
        switch (path.Kind)
        {
            case ColdKind.ExitRequest:
                _exitStub = _w.Position;
                _tb.ExitStubOffset = _exitStub;
                StoreRip(_block.Context.Rip);
                Leave(TbExitReason.ExitRequest);
                break;
            case ColdKind.Changed:
                EmitChanged();
                break;
            case ColdKind.JumpStub:
                EmitJumpStub();
                break;
            case ColdKind.Exit:
                (_resident, _saved, _source) = (path.Resident, path.Saved, path.Source);
                EmitUncount(path.Executed);
                Table[(int)Current.Op](this);
                break;
            case ColdKind.LoopPoll:
                _tb.LoopStubOffset = _w.Position;
                RecoverFlags(path.Source);
                _w.JumpBack(_exitStub);
                break;
            case ColdKind.LoopAgain:
                CountJump();
                _w.JumpBack(_start);
                break;
            case ColdKind.LookupMiss:
                CheckTarget();
                _w.Store(OpSize.B64, HostMem.Env(CpuState.RipOffset), Reg.Rdx);
                Leave(TbExitReason.Lookup);
                break;
            case ColdKind.Memory:
                EmitMemorySlow(path);
                break;
            case ColdKind.Group:
                EmitGroupCopy(path);
                break;
            case ColdKind.Misaligned:
                RecoverFlags(path.Source);
                Raise(vector: 13, hasErrorCode: true);
                break;
            case ColdKind.SimdException:
                EmitSimdException();
                break;
            case ColdKind.DivideError:
                RecoverFlags(path.Source);
                Raise(vector: 0, hasErrorCode: false);
                break;
            case ColdKind.SignedDivide:
                EmitSignedDivideSlow(path);
                break;
        }
    }

    /// <summary>The head counted the whole block, which is left early.</summary>
    private void EmitUncount(int executed)
    {
        if (CountIsRight(executed)) return;
        EnsureSaved();
        _resident = false;
        _w.Alu(AluOp.Sub, OpSize.B64, HostMem.Env(CpuState.InstructionCountOffset), _block.GuestInstructions - executed);
    }

    private bool CountIsRight(int executed) => !_options.CountInstructions || executed == _block.GuestInstructions;

    private void RecoverFlags(FlagSource source)
    {
        if (!source.IsKnown) return;
        EmitRepeat(source);
        EmitSave();
    }

    /// <summary>Calls a helper whose arguments are in RDX, RAX and RCX; the result is in RAX.</summary>
    private void CallHelper(HelperId id)
    {
        _w.CallTo(_thunks.Helper(id));
        UnwindTable.Add(_unwind, ref _unwindHost, ref _unwindGuest, _w.Position - _start, _guestOffset);
    }

    /// <summary>A guest exception with error code 0 or none. The helper never comes back here; the jump behind it is for a helper that breaks that promise.</summary>
    private void Raise(int vector, bool hasErrorCode)
    {
        _w.MovConstant(Reg.Rdx, (ulong)vector);
        _w.MovConstant(Reg.Rax, 0);
        _w.MovConstant(Reg.Rcx, hasErrorCode ? 1ul : 0);
        CallHelper(HelperId.RaiseException);
        _w.JumpBack(_exitStub);
    }

    private void StoreRip(ulong rip) => Assign(OpSize.B64, Loc.Env(CpuState.RipOffset), Loc.Constant(rip));

    private void Leave(TbExitReason reason)
    {
        _w.MovConstant(Reg.Rax, new TbExit(_tb.Id, reason).Raw);
        _w.JumpTo(_thunks.Exit);
    }

    private void Call()
    {
        ref var x = ref Current;
        EnsureSaved();
        if (!x.A.IsNone) LoadInto(OpSize.B64, Reg.Rdx, Place(x.A));
        if (!x.B.IsNone) LoadInto(OpSize.B64, Reg.Rax, Place(x.B));
        if (!x.C.IsNone) LoadInto(OpSize.B64, Reg.Rcx, Place(x.C));
        CallHelper((HelperId)x.Imm);
        FlagsAtLabel();
        var to = Place(x.Dst);
        if (to.IsMemory && x.Size == OpSize.B32) _w.Mov(OpSize.B32, Reg.Rax, Reg.Rax);
        StoreResult(x.Size, to, Reg.Rax);
    }

    private void LoadState()
    {
        ref var x = ref Current;
        var to = Place(x.Dst);
        var register = to.IsRegister ? to.Register : Reg.Rax;
        _w.LoadZero(x.Size, register, HostMem.Env((int)x.Imm));
        StoreResult(OpSize.B64, to, register);
    }

    private void StoreState()
    {
        ref var x = ref Current;
        var from = Place(x.A);
        var field = HostMem.Env((int)x.Imm);
        if (from.FitsImmediate(x.Size, out var immediate)) _w.StoreImmediate(x.Size, field, immediate);
        else _w.Store(x.Size, field, InRegister(x.Size, from, Reg.Rax));
    }

    private void Fence()
    {
        _w.Byte(0x0f);
        _w.Byte(0xae);
        _w.Byte(Current.Aux switch { 0 => 0xf0, 1 => 0xe8, _ => 0xf8 });
    }

    private void Pause()
    {
        _w.Byte(0xf3);
        _w.Byte(0x90);
    }
}
