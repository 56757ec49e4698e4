using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

public unsafe class StringTests
{
    private const int Rcx = 1, Rsi = 6, Rdi = 7;

    [Theory]
    [InlineData(OpSize.B8, 5000)]
    [InlineData(OpSize.B16, 3000)]
    [InlineData(OpSize.B32, 1)]
    [InlineData(OpSize.B64, 1500)]
    public void Rep_movs_copies_over_pages(OpSize size, int count)
    {
        using var bench = SystemBench.Long();
        var bytes = count << (int)size;
        for (var i = 0; i < bytes; i++) bench.Write(0x10123 + (ulong)i, 1, (byte)(i * 7 + (i >> 8)));
        Registers(bench, 0x10123, 0x20457, (ulong)count);
        Finish(bench, Operation(StringKind.Movs, size));
        for (var i = 0; i < bytes; i++) Assert.Equal((byte)(i * 7 + (i >> 8)), bench.Read(0x20457 + (ulong)i, 1));
        Assert.Equal(0UL, bench.Read(0x20457 + (ulong)bytes, 1));
        Assert.Equal((0x10123UL + (ulong)bytes, 0x20457UL + (ulong)bytes, 0UL), (bench.State->Gpr[Rsi], bench.State->Gpr[Rdi], bench.State->Gpr[Rcx]));
    }

    [Theory]
    [InlineData(OpSize.B8, 1)]
    [InlineData(OpSize.B8, 3)]
    [InlineData(OpSize.B64, 1)]
    [InlineData(OpSize.B64, 8)]
    [InlineData(OpSize.B32, 100)]
    public void An_overlapping_copy_replicates_what_it_just_wrote(OpSize size, int distance)
    {
        using var bench = SystemBench.Long();
        var elements = 600;
        var bytes = elements << (int)size;
        var model = new byte[bytes + distance];
        for (var i = 0; i < model.Length; i++) bench.Write(0x10ff0 + (ulong)i, 1, model[i] = (byte)(i + 1));
        for (var e = 0; e < elements; e++) model.AsSpan(e << (int)size, 1 << (int)size).ToArray().CopyTo(model, (e << (int)size) + distance);
        Registers(bench, 0x10ff0, 0x10ff0 + (ulong)distance, (ulong)elements);
        Finish(bench, Operation(StringKind.Movs, size));
        for (var i = 0; i < model.Length; i++) Assert.Equal(model[i], bench.Read(0x10ff0 + (ulong)i, 1));
    }

    [Fact]
    public void Copies_downwards_with_the_direction_flag()
    {
        using var bench = SystemBench.Long();
        bench.Cpu.Eflags |= 0x400;
        bench.Write(0x10000, 8, 0x8877665544332211);
        Registers(bench, 0x10007, 0x10009, 8);
        Finish(bench, Operation(StringKind.Movs, OpSize.B8));
        Assert.Equal((0x8877665544332211UL, 0xffffUL, 0x10001UL), (bench.Read(0x10002, 8), bench.State->Gpr[Rsi], bench.State->Gpr[Rdi]));
    }

    [Theory]
    [InlineData(OpSize.B8)]
    [InlineData(OpSize.B16)]
    [InlineData(OpSize.B32)]
    [InlineData(OpSize.B64)]
    public void Rep_stos_fills_over_a_page_boundary(OpSize size)
    {
        using var bench = SystemBench.Long();
        var bytes = 3000UL << (int)size;
        bench.State->Gpr[0] = 0x8877665544332211;
        Registers(bench, 0, 0x20ffd, 3000);
        Finish(bench, Operation(StringKind.Stos, size));
        var element = 1UL << (int)size;
        for (ulong i = 0; i < bytes; i += element)
            Assert.Equal(bench.State->Gpr[0] & (size == OpSize.B64 ? ulong.MaxValue : (1UL << (int)(element * 8)) - 1), bench.Read(0x20ffd + i, (int)element));
        Assert.Equal((0UL, 0x20ffd + bytes), (bench.Read(0x20ffc, 1), bench.State->Gpr[Rdi]));
    }

    [Fact]
    public void A_fault_in_the_middle_leaves_registers_at_the_faulting_element()
    {
        using var bench = SystemBench.Long();
        Registers(bench, 0x10000, 0xffff0, 100);
        bench.Call(HelperId.StringOperation, Operation(StringKind.Stos, OpSize.B8).Raw);
        bench.AssertRaised(ExceptionVector.PageFault, 2);
        Assert.Equal((0x100000UL, 84UL, 0x100000UL), (bench.State->Gpr[Rdi], bench.State->Gpr[Rcx], bench.State->Cr2));
    }

    [Fact]
    public void A_zero_count_touches_nothing()
    {
        using var bench = SystemBench.Long();
        Registers(bench, ulong.MaxValue >> 1, ulong.MaxValue >> 1, 0);
        Assert.Equal(0UL, bench.Call(HelperId.StringOperation, Operation(StringKind.Movs, OpSize.B8).Raw));
        Assert.False(bench.Cpu.HasPending);
    }

    [Fact]
    public void A_long_run_is_done_in_parts_and_yields_to_an_exit_request()
    {
        using var bench = SystemBench.Long();
        Registers(bench, 0x10000, 0x40000, 0x30000);
        Assert.Equal(1UL, bench.Call(HelperId.StringOperation, Operation(StringKind.Stos, OpSize.B8).Raw));
        Assert.InRange(bench.State->Gpr[Rcx], 1UL, 0x2ffffUL);
        bench.State->ExitRequest = 1;
        var before = bench.State->Gpr[Rcx];
        Assert.Equal(1UL, bench.Call(HelperId.StringOperation, Operation(StringKind.Stos, OpSize.B8).Raw));
        Assert.Equal(0x1000UL, before - bench.State->Gpr[Rcx]);
    }

    [Theory]
    [InlineData(RepeatKind.RepNe, 5UL, true)]
    [InlineData(RepeatKind.RepE, 9UL, false)]
    public void Scans_stop_at_the_first_difference_they_look_for(RepeatKind repeat, ulong left, bool zero)
    {
        using var bench = SystemBench.Long();
        bench.Write(0x10000, 8, 0x0000_0041_0000_0000);
        bench.State->Gpr[0] = repeat == RepeatKind.RepNe ? 0x41UL : 1;
        Registers(bench, 0, 0x10000, 10);
        Finish(bench, Operation(StringKind.Scas, OpSize.B8, repeat));
        Assert.Equal((left, zero), (bench.State->Gpr[Rcx], (bench.Cpu.Eflags & 0x40) != 0));
    }

    [Fact]
    public void Comparing_strings_sets_the_flags_of_the_last_pair()
    {
        using var bench = SystemBench.Long();
        bench.Write(0x10000, 8, 0x0605_0403_0201);
        bench.Write(0x20000, 8, 0x0705_0403_0201);
        Registers(bench, 0x10000, 0x20000, 20);
        Finish(bench, Operation(StringKind.Cmps, OpSize.B8, RepeatKind.RepE));
        Assert.Equal((14UL, 1u), (bench.State->Gpr[Rcx], bench.Cpu.Eflags & 0x41));
    }

    [Fact]
    public void Sixteen_bit_offsets_wrap_and_keep_the_upper_registers()
    {
        using var bench = SystemBench.Real();
        bench.Cpu.SetSegment(Segment.Es, 0x2000, 0x20000, 0xffff, 0x93);
        bench.State->Gpr[0] = 0xee;
        Registers(bench, 0, 0xabcd_fffe, 0x1234_0004);
        Finish(bench, new StringOperation(StringKind.Stos, OpSize.B8, OpSize.B16, RepeatKind.RepE, Segment.None, false, MmuIndex.Kernel, false));
        Assert.Equal((0xabcd_0002UL, 0x1234_0000UL), (bench.State->Gpr[Rdi], bench.State->Gpr[Rcx]));
        Assert.Equal((0xeeeeUL, 0xeeeeUL), (bench.Read(0x2fffe, 2), bench.Read(0x20000, 2)));
    }

    [Fact]
    public void A_segment_limit_ends_a_fill_with_a_general_protection()
    {
        using var bench = SystemBench.Protected();
        bench.Cpu.SetSegment(Segment.Es, SystemBench.Data, 0x20000, 0x107, 0x4093);
        Registers(bench, 0, 0x100, 100);
        bench.Call(HelperId.StringOperation, new StringOperation(StringKind.Stos, OpSize.B32, OpSize.B32, RepeatKind.RepE, Segment.None, false, MmuIndex.Kernel, false).Raw);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
        Assert.Equal((0x108UL, 98UL), (bench.State->Gpr[Rdi], bench.State->Gpr[Rcx]));
    }

    [Fact]
    public void Port_strings_move_between_device_and_memory()
    {
        using var bench = SystemBench.Long();
        bench.State->Gpr[2] = 0x60;
        Registers(bench, 0x10000, 0x10000, 4);
        Finish(bench, Operation(StringKind.Ins, OpSize.B16));
        Assert.Equal(0x0004000300020001UL, bench.Read(0x10000, 8));
        Registers(bench, 0x10000, 0, 4);
        Finish(bench, Operation(StringKind.Outs, OpSize.B16));
        Assert.Equal([1u, 2u, 3u, 4u], bench.Device.Written);
    }

    [Fact]
    public void A_faulting_destination_is_found_before_the_device_is_read()
    {
        using var bench = SystemBench.Long();
        bench.State->Gpr[2] = 0x60;
        Registers(bench, 0, 0x100000, 1);
        bench.Call(HelperId.StringOperation, Operation(StringKind.Ins, OpSize.B8).Raw);
        bench.AssertRaised(ExceptionVector.PageFault, 2);
        Assert.Equal(1u, bench.Device.Read(0, 1));
    }

    private static StringOperation Operation(StringKind kind, OpSize size, RepeatKind repeat = RepeatKind.RepE) =>
        new(kind, size, OpSize.B64, repeat, Segment.None, true, MmuIndex.Kernel, true);

    private static void Registers(SystemBench bench, ulong rsi, ulong rdi, ulong rcx) =>
        (bench.State->Gpr[Rsi], bench.State->Gpr[Rdi], bench.State->Gpr[Rcx]) = (rsi, rdi, rcx);

    private static void Finish(SystemBench bench, StringOperation operation)
    {
        for (var i = 0; bench.Call(HelperId.StringOperation, operation.Raw) != 0; i++) Assert.True(i < 1000, "never finishes");
        Assert.False(bench.Cpu.HasPending);
    }
}
