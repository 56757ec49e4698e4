using System.Runtime.Intrinsics.X86;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.X64;

/// <summary>
/// The fixed pieces of host code, emitted once per code buffer into a region that is never recycled, shared by all vCPUs. Addresses are of the
/// executable view.
/// <para>
/// A helper call: translated code puts A in RDX, B in RAX, C in RCX and calls the helper's own stub. The thunk stores every guest register and
/// the return address (<see cref="CpuState.HostReturn"/>), gives the host its MXCSR, calls <see cref="HelperTable.EntryPoint"/>, and comes back
/// with the result in RAX. If the helper set <see cref="CpuState.HelperExit"/>, the thunk leaves translated code instead: TbExit(0, reason),
/// HelperExit cleared, <b>HostReturn still set</b>, so that the dispatcher can unwind RIP with the TB's <see cref="UnwindTable"/>.
/// </para>
/// </summary>
public sealed unsafe partial class X64Thunks
{
    // Stack frame of translated code, above RSP: the host's MXCSR. RSP is a multiple of 16 in TBs.
    private const int FrameBytes = 24, FrameMxCsr = 8;

    private readonly nuint[] _helpers = new nuint[Enum.GetValues<HelperId>().Length];
    private readonly List<(nuint Start, string Name)> _names = [];

    private X64Thunks(bool wide) => IsWide = wide;

    /// <summary>Whole YMM registers are the guest's.</summary>
    internal bool IsWide { get; }

    /// <summary>Native entry <c>ulong (CpuState*, host code)</c>; returns a <see cref="TbExit"/>.</summary>
    public nuint Enter { get; private set; }

    /// <summary>Leaves with the raw <see cref="TbExit"/> in RAX; RIP is in the state.</summary>
    public nuint Exit { get; private set; }

    /// <summary>Signed RDX:RAX by RCX, any values: quotient RAX, remainder RDX, and CF set if the guest must see #DE.</summary>
    internal nuint DivideSigned { get; private set; }

    internal nuint Helper(HelperId id) => _helpers[(int)id];

    /// <summary>Names of the thunks by start address, for listings and perf maps; each reaches to the next, the last to <see cref="End"/>.</summary>
    public IReadOnlyList<(nuint Start, string Name)> Names => _names;

    public nuint End { get; private set; }

    /// <param name="region">Region with at least 8 KiB free; its Used is advanced.</param>
    /// <param name="wide">The guest has AVX, and so has the host: whole YMM registers are the guest's. False: XMM registers.</param>
    /// <param name="helperEntry">Native helper entry; 0: <see cref="HelperTable.EntryPoint"/>.</param>
    public static X64Thunks Emit(CodeRegion region, bool wide, nint helperEntry = 0)
    {
        ArgumentNullException.ThrowIfNull(region);
        const int room = 8192;
        if (region.Bytes - region.Used < room) throw new ArgumentException($"thunks need {room} bytes of the region", nameof(region));
        if (wide && !Avx.IsSupported) throw new PlatformNotSupportedException("the host has no AVX");
        var thunks = new X64Thunks(wide);
        var writer = new X64Writer();
        writer.Begin(region, region.Used);
        thunks.EmitEnter(writer);
        thunks.EmitExit(writer);
        thunks.EmitDivideSigned(writer);
        thunks.EmitHelpers(writer, helperEntry == 0 ? HelperTable.EntryPoint : helperEntry);
        thunks.End = writer.AddressOf(writer.Position);
        region.Used = writer.Position;
        return thunks;
    }

    private nuint Begin(X64Writer w, string name)
    {
        w.Align(16);
        var start = w.AddressOf(w.Position);
        _names.Add((start, name));
        return start;
    }

    private static ReadOnlySpan<Reg> CalleeSaved => [Reg.Rbp, Reg.Rbx, Reg.R12, Reg.R13, Reg.R14, Reg.R15];

    private void EmitEnter(X64Writer w)
    {
        Enter = Begin(w, "mttcg_enter");
        foreach (var register in CalleeSaved) w.Push(register);
        w.Alu(AluOp.Sub, OpSize.B64, Reg.Rsp, FrameBytes);
        w.Emit(Opcode.MxCsrGroup, OpSize.B32, 3 | X64Writer.Digit, HostMem.At(Reg.Rsp, FrameMxCsr));
        w.Mov(OpSize.B64, Homes.Environment, Reg.Rdi);
        w.Mov(OpSize.B64, Reg.Rax, Reg.Rsi);
        LoadGuest(w);
        w.JumpIndirect(Reg.Rax);
    }

    private void EmitExit(X64Writer w)
    {
        Exit = Begin(w, "mttcg_exit");
        StoreGuest(w, FrameMxCsr);
        EmitReturn(w);
    }

    private static void EmitReturn(X64Writer w)
    {
        w.Alu(AluOp.Add, OpSize.B64, Reg.Rsp, FrameBytes);
        for (var i = CalleeSaved.Length - 1; i >= 0; i--) w.Pop(CalleeSaved[i]);
        w.Ret();
    }

    private void EmitHelpers(X64Writer w, nint entry)
    {
        Begin(w, "mttcg_helper");
        var common = w.Position;
        // Stack here: helper number, return address, frame.
        w.Push(Reg.Rax);
        w.Push(Reg.Rcx);
        StoreGuest(w, FrameMxCsr + 32, scratch: Reg.Rax);
        w.Pop(Reg.R8);
        w.Pop(Reg.Rcx);
        w.Pop(Reg.Rsi);
        w.Load(OpSize.B64, Reg.Rax, HostMem.At(Reg.Rsp));
        w.Store(OpSize.B64, HostMem.Env(CpuState.HostReturnOffset), Reg.Rax);
        w.IncDec(false, OpSize.B64, HostMem.Env(CpuState.HelperCallsOffset));
        w.Mov(OpSize.B64, Reg.Rdi, Homes.Environment);
        w.MovConstant(Reg.Rax, (ulong)entry);
        w.Alu(AluOp.Sub, OpSize.B64, Reg.Rsp, 8);
        w.CallIndirect(Reg.Rax);
        w.Alu(AluOp.Add, OpSize.B64, Reg.Rsp, 8);
        w.Load(OpSize.B32, Reg.Rcx, HostMem.Env(CpuState.HelperExitOffset));
        w.Test(OpSize.B32, Reg.Rcx, Reg.Rcx);
        var leave = w.Jump(Condition.Ne);
        LoadGuest(w);
        w.StoreImmediate(OpSize.B64, HostMem.Env(CpuState.HostReturnOffset), 0);
        w.Ret();

        w.PatchHere(leave);
        w.Alu(AluOp.Add, OpSize.B64, Reg.Rsp, 8);
        w.StoreImmediate(OpSize.B32, HostMem.Env(CpuState.HelperExitOffset), 0);
        w.Lea(OpSize.B32, Reg.Rax, HostMem.At(Reg.Rcx, -1));
        w.Emit(Opcode.MovzxByte, OpSize.B32, Reg.Rax, Reg.Rax);
        EmitReturn(w);

        foreach (var id in Enum.GetValues<HelperId>())
        {
            _names.Add((w.AddressOf(w.Position), $"helper_{id}"));
            _helpers[(int)id] = w.AddressOf(w.Position);
            w.Byte(0x68);
            w.Int32((int)id);
            w.JumpBack(common);
        }
    }

    /// <summary>
    /// |dividend| / |divisor| unsigned, then the signs: the quotient takes the sign of the two, the remainder the dividend's (SDM 2 IDIV).
    /// Overflow: |quotient| of 2^63 or more, except exactly -2^63.
    /// </summary>
    private void EmitDivideSigned(X64Writer w)
    {
        DivideSigned = Begin(w, "mttcg_idiv128");
        w.Push(Reg.Rsi);
        w.Push(Reg.Rdi);
        // RSI: sign of the dividend as 0 or -1; RDI: sign of the quotient.
        w.Mov(OpSize.B64, Reg.Rsi, Reg.Rdx);
        w.Shift(ShiftOp.Sar, OpSize.B64, Reg.Rsi, 63);
        w.Mov(OpSize.B64, Reg.Rdi, Reg.Rcx);
        w.Shift(ShiftOp.Sar, OpSize.B64, Reg.Rdi, 63);
        // |divisor| = (divisor ^ sign) - sign
        w.Alu(AluOp.Xor, OpSize.B64, Reg.Rcx, Reg.Rdi);
        w.Alu(AluOp.Sub, OpSize.B64, Reg.Rcx, Reg.Rdi);
        // |dividend|
        w.Alu(AluOp.Xor, OpSize.B64, Reg.Rax, Reg.Rsi);
        w.Alu(AluOp.Xor, OpSize.B64, Reg.Rdx, Reg.Rsi);
        w.Alu(AluOp.Sub, OpSize.B64, Reg.Rax, Reg.Rsi);
        w.Alu(AluOp.Sbb, OpSize.B64, Reg.Rdx, Reg.Rsi);
        w.Alu(AluOp.Xor, OpSize.B64, Reg.Rdi, Reg.Rsi);
        w.Alu(AluOp.Cmp, OpSize.B64, Reg.Rdx, Reg.Rcx);
        var tooLarge = w.Jump(Condition.Ae);
        w.Group3(6, OpSize.B64, Reg.Rcx);
        // Quotient and remainder take their signs; a quotient whose sign then is not the expected one did not fit, unless it is zero.
        w.Alu(AluOp.Xor, OpSize.B64, Reg.Rax, Reg.Rdi);
        w.Alu(AluOp.Sub, OpSize.B64, Reg.Rax, Reg.Rdi);
        w.Alu(AluOp.Xor, OpSize.B64, Reg.Rdx, Reg.Rsi);
        w.Alu(AluOp.Sub, OpSize.B64, Reg.Rdx, Reg.Rsi);
        w.Test(OpSize.B64, Reg.Rax, Reg.Rax);
        var zero = w.Jump(Condition.E);
        w.Alu(AluOp.Xor, OpSize.B64, Reg.Rdi, Reg.Rax);
        var wrongSign = w.Jump(Condition.S);
        w.PatchHere(zero);
        w.Pop(Reg.Rdi);
        w.Pop(Reg.Rsi);
        w.Byte(0xf8);
        w.Ret();
        w.PatchHere(tooLarge);
        w.PatchHere(wrongSign);
        w.Pop(Reg.Rdi);
        w.Pop(Reg.Rsi);
        w.Byte(0xf9);
        w.Ret();
    }
}
