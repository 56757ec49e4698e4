using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>
/// SIMD floating point while the guest's MXCSR leaves an exception unmasked. The host's are masked always, so the instruction runs with its status
/// bits clear, and if one of the unmasked came up everything is put back and the instruction goes to the interpreter, which raises the exception
/// exactly (SDM 1 11.5.3). So does all when underflow is unmasked: its status bit then means something else.
/// </summary>
internal sealed unsafe partial class Lowerer
{
    private const int MxCsrFlags = 0x3f, MaskShift = 7, UnderflowMask = 1 << 11;

    private static HostMem SeenMxCsr => HostMem.Env(CpuState.SeenMxCsrOffset);

    private static HostMem KeptVector => HostMem.Env(CpuState.KeptVectorOffset);

    /// <summary>Guest flags are saved. True: the instruction is done; false: it raised nothing and its result is still to be computed.</summary>
    private bool TryRaise(Instruction instruction)
    {
        var commits = instruction.RflagsModified == RflagsBits.None && Current.Dst.IsNone;
        _resident = false;
        ClearStatus();
        if (IsVector(instruction.Op0Register)) MoveVector(Opcode.MovupsStore, instruction.Op0Register);
        _w.Test(OpSize.B32, HostMem.Env(CpuState.MxCsrOffset), UnderflowMask);
        AddCold(ColdKind.SimdException, _w.Jump(Condition.E));

        if (!Current.A.IsNone) EncodeSimd(instruction);
        else
        {
            // A result in a general register is only tried.
            if (instruction.Op0Register.IsGPR()) instruction.Op0Register = instruction.Op0Register.GetSize() == 8 ? Register.RAX : Register.EAX;
            Encode(instruction);
        }
        MxCsrControl(store: true, SeenMxCsr);
        _w.Load(OpSize.B32, Reg.Rax, HostMem.Env(CpuState.MxCsrOffset));
        _w.Shift(ShiftOp.Shr, OpSize.B32, Reg.Rax, MaskShift);
        _w.Group3(2, OpSize.B32, Reg.Rax);
        _w.Alu(AluOp.And, OpSize.B32, Reg.Rax, SeenMxCsr);
        _w.Test(OpSize.B8, Reg.Rax, MxCsrFlags);
        AddCold(ColdKind.SimdException, _w.Jump(Condition.Ne));
        return commits;
    }

    private void EmitSimdException()
    {
        var destination = _block.Simd[(int)Current.Imm].Instruction.Op0Register;
        if (IsVector(destination)) MoveVector(Opcode.MovupsLoad, destination);
        MxCsrControl(store: true, SeenMxCsr);
        _w.Alu(AluOp.And, OpSize.B32, SeenMxCsr, ~MxCsrFlags);
        MxCsrControl(store: false, SeenMxCsr);
        CallHelper(HelperId.Interpret);
        _w.JumpBack(_exitStub);
    }

    /// <summary>What the host's MXCSR has collected goes to the guest's.</summary>
    private void ClearStatus()
    {
        MxCsrControl(store: true, SeenMxCsr);
        _w.Load(OpSize.B32, Reg.Rax, SeenMxCsr);
        _w.Alu(AluOp.And, OpSize.B32, Reg.Rax, MxCsrFlags);
        _w.Alu(AluOp.Or, OpSize.B32, HostMem.Env(CpuState.MxCsrOffset), Reg.Rax);
        _w.Alu(AluOp.And, OpSize.B32, SeenMxCsr, ~MxCsrFlags);
        MxCsrControl(store: false, SeenMxCsr);
    }

    private void MxCsrControl(bool store, in HostMem memory) => _w.Emit(Opcode.MxCsrGroup, OpSize.B32, (store ? 3 : 2) | X64Writer.Digit, memory);

    private void MoveVector(uint opcode, Register register)
    {
        if (register.IsYMM() || _thunks.IsWide) _w.Vex256(opcode == Opcode.MovupsLoad ? Vex256.MovupsLoad : Vex256.MovupsStore, Number(register), 0, KeptVector);
        else _w.Emit(opcode, OpSize.B32, Number(register), KeptVector);
    }

    private static bool IsVector(Register register) => register.IsXMM() || register.IsYMM();

    private static int Number(Register register) => register - (register.IsYMM() ? Register.YMM0 : Register.XMM0);
}
