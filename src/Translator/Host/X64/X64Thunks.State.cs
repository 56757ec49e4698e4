using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.X64;

// Guest registers between the state and their homes.
public sealed unsafe partial class X64Thunks
{
    private const uint MxCsrStatus = 0x3f;
    private const int Vectors = 16;

    /// <summary>Guest registers from the state into their homes. RAX survives.</summary>
    private void LoadGuest(X64Writer w)
    {
        w.Emit(Opcode.MxCsrGroup, OpSize.B32, 2 | X64Writer.Digit, HostMem.Env(CpuState.HostMxCsrOffset));
        if (IsWide) LoadWide(w);
        else for (var i = 0; i < Vectors; i++) w.Emit(Opcode.MovupsLoad, OpSize.B32, i, Vector(i));
        for (var i = 0; i < 16; i++)
        {
            if (Homes.Of[i] != Reg.None) w.Load(OpSize.B64, Homes.Of[i], HostMem.Env(CpuState.GprOffset + 8 * i));
        }
    }

    /// <summary>
    /// If all upper halves are zero the host is told so: a guest that does not use them would run its legacy SSE with a dependency on them
    /// (Intel's optimization manual, "Mixing AVX code with SSE code").
    /// </summary>
    private static void LoadWide(X64Writer w)
    {
        const int left = Vectors - 2, right = Vectors - 1;
        for (var i = 0; i < left; i++) w.Vex256(Vex256.MovupsLoad, i, 0, Vector(i));
        w.Vex256(Vex256.Orps, left, 0, 1);
        w.Vex256(Vex256.Orps, right, 2, 3);
        for (var i = 4; i < left; i += 2)
        {
            w.Vex256(Vex256.Orps, left, left, i);
            w.Vex256(Vex256.Orps, right, right, i + 1);
        }
        w.Vex256(Vex256.Orps, left, left, Vector(left));
        w.Vex256(Vex256.Orps, right, right, Vector(right));
        w.Vex256(Vex256.Orps, left, left, right);
        w.ExtractUpper(left, left);
        w.TestAllZero(left, left);
        w.Vex256(Vex256.MovupsLoad, left, 0, Vector(left));
        w.Vex256(Vex256.MovupsLoad, right, 0, Vector(right));
        var inUse = w.Jump(Condition.Ne);
        w.ZeroUpper();
        w.PatchHere(inUse);
    }

    /// <summary>Guest registers into the state, the sticky exception bits into the guest's MXCSR, and the host's own MXCSR back.</summary>
    private void StoreGuest(X64Writer w, int hostMxCsr, Reg scratch = Reg.Rcx)
    {
        for (var i = 0; i < 16; i++)
        {
            if (Homes.Of[i] != Reg.None) w.Store(OpSize.B64, HostMem.Env(CpuState.GprOffset + 8 * i), Homes.Of[i]);
        }
        for (var i = 0; i < Vectors; i++)
        {
            if (IsWide) w.Vex256(Vex256.MovupsStore, i, 0, Vector(i));
            else w.Emit(Opcode.MovupsStore, OpSize.B32, i, Vector(i));
        }
        if (IsWide) w.ZeroUpper();
        w.Emit(Opcode.MxCsrGroup, OpSize.B32, 3 | X64Writer.Digit, HostMem.Env(CpuState.HostMxCsrOffset));
        // Loading MXCSR drains the pipeline. The guest mostly runs with the host's rounding and masks, and its sticky bits disturb nobody here.
        w.Load(OpSize.B32, scratch, HostMem.Env(CpuState.HostMxCsrOffset));
        w.Alu(AluOp.Xor, OpSize.B32, scratch, HostMem.At(Reg.Rsp, hostMxCsr));
        w.Alu(AluOp.And, OpSize.B32, scratch, ~(int)MxCsrStatus);
        var same = w.Jump(Condition.E);
        w.Emit(Opcode.MxCsrGroup, OpSize.B32, 2 | X64Writer.Digit, HostMem.At(Reg.Rsp, hostMxCsr));
        w.PatchHere(same);
        w.Load(OpSize.B32, scratch, HostMem.Env(CpuState.HostMxCsrOffset));
        w.Alu(AluOp.And, OpSize.B32, scratch, (int)MxCsrStatus);
        w.Alu(AluOp.Or, OpSize.B32, HostMem.Env(CpuState.MxCsrOffset), scratch);
    }

    private static HostMem Vector(int number) => HostMem.Env(CpuState.VectorOffset + CpuState.VectorStride * number);
}
