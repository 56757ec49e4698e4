using Tcg.Mttcg.Translator.Guest;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.Guest;

public sealed class FaultTests
{
    private const int Undefined = 6, NotAvailable = 7, Protection = 13;
    private const TbFlags User64 = Lifted.Flat64 | TbFlags.CplMask, User32 = Lifted.Flat32 | TbFlags.CplMask;

    [Theory]
    [InlineData("0f0b")]           // ud2
    [InlineData("06")]             // push es does not exist in 64-bit mode
    [InlineData("f001d8")]         // lock with a register destination
    [InlineData("f08b03")]         // lock on an instruction that cannot have it
    [InlineData("f03903")]         // lock cmp
    [InlineData("0f24c0")]         // mov tr
    [InlineData("8ec8")]           // mov cs
    [InlineData("c5f058c1")]       // avx
    [InlineData("0f0fc19e")]       // 3dnow
    [InlineData("0f20c8")]         // cr1
    public void What_does_not_exist_is_undefined(string hex)
    {
        var block = Lifted.Lift(hex + "9090909090");
        Assert.Equal(Undefined, Lifted.RaisedVector(block));
        Assert.Equal(1, block.GuestInstructions);
        Assert.Equal(TbExitReason.Lookup, (TbExitReason)Lifted.Last(block).Aux);
    }

    [Fact]
    public void Fifteen_bytes_are_an_instruction_and_sixteen_are_not()
    {
        var prefixes = string.Concat(Enumerable.Repeat("66", 14));
        Assert.Equal(-1, Lifted.RaisedVector(Lifted.Lift(prefixes + "90c3")));
        Assert.Equal(Protection, Lifted.RaisedVector(Lifted.Lift(prefixes + "6690c3")));
    }

    [Fact]
    public void The_good_instructions_before_a_bad_one_run()
    {
        var block = Lifted.Lift("01d8 0f0b");
        Assert.Equal(2, block.GuestInstructions);
        Assert.Equal(Undefined, Lifted.RaisedVector(block));
    }

    [Theory]
    [InlineData("f4")]             // hlt
    [InlineData("0f30")]           // wrmsr
    [InlineData("0f32")]           // rdmsr
    [InlineData("0f22d8")]         // mov cr3
    [InlineData("0f20d8")]
    [InlineData("0f21f8")]         // mov dr7
    [InlineData("0f06")]           // clts
    [InlineData("0f01f0")]         // lmsw
    [InlineData("0f0113")]         // lgdt
    [InlineData("0f00d0")]         // lldt
    [InlineData("0f00d8")]         // ltr
    [InlineData("0f013b")]         // invlpg
    [InlineData("0f09")]           // wbinvd
    [InlineData("0f01f8")]         // swapgs
    [InlineData("0f01d1")]         // xsetbv
    [InlineData("480f07")]         // sysret
    [InlineData("0f35")]           // sysexit
    public void Privileged_instructions_are_for_ring_0(string hex)
    {
        Assert.Equal(Protection, Lifted.RaisedVector(Lifted.Lift(hex, User64, compile: (TbCompileFlags)1)));
        Assert.Equal(-1, Lifted.RaisedVector(Lifted.Lift(hex, compile: (TbCompileFlags)1)));
    }

    [Theory]
    [InlineData("0f0103", TbFlags.Umip)]                // sgdt
    [InlineData("0f00c0", TbFlags.Umip)]                // sldt
    [InlineData("0f01e0", TbFlags.Umip)]                // smsw
    [InlineData("0f31", TbFlags.TimeStampDisable)]      // rdtsc
    [InlineData("0f01f9", TbFlags.TimeStampDisable)]    // rdtscp
    public void Control_register_bits_take_instructions_from_users(string hex, TbFlags bit)
    {
        Assert.Equal(-1, Lifted.RaisedVector(Lifted.Lift(hex, User64, compile: (TbCompileFlags)1)));
        Assert.Equal(-1, Lifted.RaisedVector(Lifted.Lift(hex, Lifted.Flat64 | bit, compile: (TbCompileFlags)1)));
        Assert.Equal(Protection, Lifted.RaisedVector(Lifted.Lift(hex, User64 | bit, compile: (TbCompileFlags)1)));
    }

    [Theory]
    [InlineData("0f00d0")]     // lldt
    [InlineData("0f00c0")]     // sldt
    [InlineData("0f02c0")]     // lar
    [InlineData("0f00e0")]     // verr
    [InlineData("63c0")]       // arpl
    public void Descriptor_instructions_do_not_exist_in_real_mode(string hex)
    {
        Assert.Equal(Undefined, Lifted.RaisedVector(Lifted.Lift(hex, Lifted.Real16, compile: (TbCompileFlags)1)));
        Assert.Equal(-1, Lifted.RaisedVector(Lifted.Lift(hex, Lifted.Flat32, compile: (TbCompileFlags)1)));
    }

    [Theory]
    [InlineData(TbFlags.None, -1)]
    [InlineData(TbFlags.TaskSwitched, NotAvailable)]
    [InlineData(TbFlags.Emulate, Undefined)]
    [InlineData(TbFlags.Emulate | TbFlags.TaskSwitched, Undefined)]
    public void Sse_needs_what_cr0_says(TbFlags cr0, int vector)
    {
        foreach (var hex in (string[])["0f58c1", "f20f1003", "0fae13", "66480f7ec0"])
            Assert.Equal(vector, Lifted.RaisedVector(Lifted.Lift(hex, Lifted.Flat64 | cr0, compile: (TbCompileFlags)1)));
    }

    [Fact]
    public void Sse_needs_cr4_osfxsr() => Assert.Equal(Undefined, Lifted.RaisedVector(Lifted.Lift("0f58c1", Lifted.Flat64 & ~TbFlags.OsFxsr)));

    [Theory]
    [InlineData("d9c1", TbFlags.TaskSwitched, NotAvailable)]
    [InlineData("d9c1", TbFlags.Emulate, NotAvailable)]
    [InlineData("0fae00", TbFlags.TaskSwitched, NotAvailable)]
    [InlineData("0fefc1", TbFlags.TaskSwitched, NotAvailable)]
    [InlineData("0fefc1", TbFlags.Emulate, Undefined)]
    [InlineData("9b", TbFlags.TaskSwitched, -1)]
    [InlineData("9b", TbFlags.MonitorCoprocessor, -1)]
    [InlineData("9b", TbFlags.TaskSwitched | TbFlags.MonitorCoprocessor, NotAvailable)]
    public void X87_needs_what_cr0_says(string hex, TbFlags cr0, int vector) =>
        Assert.Equal(vector, Lifted.RaisedVector(Lifted.Lift(hex, Lifted.Flat64 | cr0, compile: (TbCompileFlags)1)));

    [Fact]
    public void Cli_is_inline_when_iopl_allows_and_a_helper_when_not()
    {
        Assert.Contains("store_state", Lifted.First("fa", User32 | TbFlags.IoplMask), StringComparison.Ordinal);
        Assert.Contains("@Cli", Lifted.First("fa", User32), StringComparison.Ordinal);
    }

    /// <summary>
    /// What can fault comes before what changes the guest, in every instruction: registers, flags and processor state. Two stores in a row may
    /// both be done twice.
    /// </summary>
    [Theory]
    [InlineData("d127")]           // shl dword [rdi], 1
    [InlineData("8f442408")]       // pop [rsp+8]
    [InlineData("c9")]
    [InlineData("a5")]
    [InlineData("a7")]
    [InlineData("ff5424f8")]       // call [rsp-8]
    [InlineData("0fc103")]         // xadd
    [InlineData("8723")]           // xchg [rbx], esp
    [InlineData("c8100000")]       // enter
    [InlineData("0fa50b")]         // shld
    [InlineData("41ff36")]         // push [r14]
    public void Nothing_changes_before_the_last_operation_that_may_fault(string hex)
    {
        var block = Lifted.Lift(hex, compile: (TbCompileFlags)1);
        var changed = false;
        foreach (var i in block.Instructions)
        {
            if ((OpTable.Of(i.Op).Traits & OpTraits.Faults) != 0) Assert.False(changed, IrText.Print(block));
            changed |= i.Dst.IsGpr || i.Dst2.IsGpr || i.SetsFlags || i.Op == IrOp.StoreState;
        }
        Assert.True(changed);
    }
}
