using Tcg.Mttcg.Machine.Clocks;
using Tcg.Mttcg.Machine.Interrupts;
using Tcg.Mttcg.Machine.Tests.Support;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Tests;

public sealed class LocalApicTests
{
    private const uint Id = 0x20, Tpr = 0x80, Ppr = 0xa0, Eoi = 0xb0, Ldr = 0xd0, Dfr = 0xe0, Svr = 0xf0, Isr = 0x100, Tmr = 0x180, Irr = 0x200, Esr = 0x280,
        IcrLow = 0x300, IcrHigh = 0x310, LvtTimer = 0x320, Lint0 = 0x350, LvtError = 0x370, Initial = 0x380, Current = 0x390, Divide = 0x3e0;

    private readonly ManualClock _clock = new();
    private readonly ApicBus _bus = new();
    private readonly LocalApic[] _apics;
    private readonly CountingKick[] _kicks;
    private readonly List<byte> _endOfInterrupts = [];
    private int _picVector = -1;

    public LocalApicTests()
    {
        var tsc = new HostTsc(_clock, 2_000_000_000);
        _apics = [.. Enumerable.Range(0, 4).Select(i => new LocalApic((uint)i, _bus, _clock, tsc, i == 0 ? () => _picVector : null))];
        _kicks = [.. _apics.Select(_ => new CountingKick())];
        _bus.Connect(_apics, _endOfInterrupts.Add);
        for (int i = 0; i < 4; i++)
        {
            _apics[i].Attach(_kicks[i]);
            Write(i, Svr, 0x1ff);
        }
    }

    private uint Read(int cpu, uint register) => (uint)_apics[cpu].Registers.Read(register, 4);

    private void Write(int cpu, uint register, uint value) => _apics[cpu].Registers.Write(register, 4, value);

    private void SendIpi(int from, uint destination, uint low)
    {
        Write(from, IcrHigh, destination << 24);
        Write(from, IcrLow, low);
    }

    private int[] Interrupted() => [.. Enumerable.Range(0, 4).Where(i => _apics[i].HasInterrupt)];

    private int[] WithEvent() => [.. Enumerable.Range(0, 4).Where(i => _apics[i].HasEvent)];

    [Fact]
    public void A_fixed_ipi_goes_through_request_service_and_end()
    {
        SendIpi(0, 2, 0x40);
        Assert.Equal([2], Interrupted());
        Assert.Equal(1u, Read(2, Irr + 0x20));
        Assert.Equal(0x40, _apics[2].Acknowledge());
        Assert.Equal(0u, Read(2, Irr + 0x20));
        Assert.Equal(1u, Read(2, Isr + 0x20));
        Assert.Equal(0x40u, Read(2, Ppr));
        Assert.False(_apics[2].HasInterrupt);
        Write(2, Eoi, 0);
        Assert.Equal(0u, Read(2, Isr + 0x20));
        Assert.Empty(_endOfInterrupts);
    }

    [Fact]
    public void The_target_is_kicked_and_the_sender_is_not()
    {
        int before = _kicks[3].Kicks, sender = _kicks[0].Kicks;
        SendIpi(0, 3, 0x50);
        Assert.Equal(before + 1, _kicks[3].Kicks);
        Assert.Equal(sender, _kicks[0].Kicks);
    }

    [Fact]
    public void Higher_vectors_come_first_and_lower_classes_wait()
    {
        SendIpi(0, 1, 0x45);
        SendIpi(0, 1, 0x61);
        SendIpi(0, 1, 0x62);
        Assert.Equal(0x62, _apics[1].Acknowledge());
        Assert.Equal(-1, _apics[1].Acknowledge());
        Write(1, Eoi, 0);
        Assert.Equal(0x61, _apics[1].Acknowledge());
        Write(1, Eoi, 0);
        Assert.Equal(0x45, _apics[1].Acknowledge());
    }

    [Fact]
    public void Task_priority_holds_back_its_class_and_below()
    {
        _apics[1].TaskPriority = 4;
        Assert.Equal(0x40u, Read(1, Tpr));
        SendIpi(0, 1, 0x4f);
        Assert.False(_apics[1].HasInterrupt);
        SendIpi(0, 1, 0x50);
        Assert.Equal(0x50, _apics[1].Acknowledge());
        Write(1, Eoi, 0);
        Write(1, Tpr, 0x30);
        Assert.True(_apics[1].HasInterrupt);
        Assert.Equal(3, _apics[1].TaskPriority);
    }

    [Theory]
    [InlineData(0x44000u, new[] { 1 })]
    [InlineData(0x84000u, new[] { 0, 1, 2, 3 })]
    [InlineData(0xc4000u, new[] { 0, 2, 3 })]
    public void Shorthands_choose_self_all_or_others(uint shorthand, int[] expected)
    {
        SendIpi(1, 0, shorthand | 0x33);
        Assert.Equal(expected, Interrupted());
    }

    [Theory]
    [InlineData(0xffu, new[] { 0, 1, 2, 3 })]
    [InlineData(0x05u, new[] { 0, 2 })]
    [InlineData(0x08u, new[] { 3 })]
    public void Flat_logical_destinations_are_masks(uint destination, int[] expected)
    {
        for (int i = 0; i < 4; i++) Write(i, Ldr, 1u << 24 + i);
        SendIpi(0, destination, 0x800 | 0x33);
        Assert.Equal(expected, Interrupted());
    }

    [Theory]
    [InlineData(0x13u, new[] { 0, 1 })]
    [InlineData(0x22u, new[] { 3 })]
    [InlineData(0xf1u, new[] { 0, 2 })]
    public void Cluster_logical_destinations_name_a_cluster_and_a_mask(uint destination, int[] expected)
    {
        for (int i = 0; i < 4; i++)
        {
            Write(i, Dfr, 0x0fffffff);
            Write(i, Ldr, (uint)(i / 2 + 1) << 28 | 1u << 24 + i % 2);
        }
        SendIpi(0, destination, 0x800 | 0x33);
        Assert.Equal(expected, Interrupted());
    }

    [Fact]
    public void Physical_broadcast_reaches_all()
    {
        SendIpi(0, 0xff, 0x33);
        Assert.Equal([0, 1, 2, 3], Interrupted());
    }

    [Fact]
    public void Lowest_priority_goes_to_the_least_busy_and_rotates_among_equals()
    {
        for (int i = 0; i < 4; i++) Write(i, Ldr, 1u << 24 + i);
        Write(0, Tpr, 0x20);
        Write(1, Tpr, 0x20);
        var seen = new HashSet<int>();
        for (uint i = 0; i < 8; i++)
        {
            SendIpi(0, 0x0f, 0x900 | 0x80 + i);
            seen.UnionWith(Interrupted());
        }
        Assert.Equal([2, 3], seen.Order());
    }

    [Fact]
    public void Start_up_takes_an_init_and_a_vector()
    {
        SendIpi(0, 1, 0x4500);
        Assert.Equal(ProcessorEvents.Init, _apics[1].TakeEvents(out _));
        Assert.False(_apics[1].HasEvent);
        SendIpi(0, 1, 0x8500);
        Assert.False(_apics[1].HasEvent);
        SendIpi(0, 1, 0x4699);
        Assert.Equal(ProcessorEvents.Sipi, _apics[1].TakeEvents(out byte vector));
        Assert.Equal(0x99, vector);
    }

    [Fact]
    public void Init_and_start_up_can_be_broadcast()
    {
        SendIpi(0, 0, 0xc4500);
        Assert.Equal([1, 2, 3], WithEvent());
        SendIpi(0, 0, 0xc4608);
        Assert.Equal(ProcessorEvents.Init | ProcessorEvents.Sipi, _apics[3].TakeEvents(out byte vector));
        Assert.Equal(8, vector);
    }

    [Fact]
    public void An_init_drops_an_earlier_start_up()
    {
        SendIpi(0, 1, 0x4607);
        SendIpi(0, 1, 0x4500);
        Assert.Equal(ProcessorEvents.Init, _apics[1].TakeEvents(out _));
    }

    [Fact]
    public void Nmi_ignores_its_vector_and_the_task_priority()
    {
        _apics[2].TaskPriority = 15;
        SendIpi(0, 2, 0x4400);
        Assert.Equal(ProcessorEvents.Nmi, _apics[2].TakeEvents(out _));
    }

    [Fact]
    public void The_end_of_a_level_interrupt_is_broadcast_unless_suppressed()
    {
        var message = new ApicMessage(DeliveryMode.Fixed, 0x71, 1, IsLogical: false, IsLevel: true);
        _bus.Deliver(message);
        Assert.Equal(1u << 0x11, Read(1, Tmr + 0x30));
        _apics[1].Acknowledge();
        Write(1, Eoi, 0);
        Assert.Equal([0x71], _endOfInterrupts);
        Write(1, Svr, 0x11ff);
        _bus.Deliver(message);
        _apics[1].Acknowledge();
        Write(1, Eoi, 0);
        Assert.Equal([0x71], _endOfInterrupts);
        SendIpi(0, 1, 0x71);
        Assert.Equal(0u, Read(1, Tmr + 0x30));
    }

    [Fact]
    public void Illegal_vectors_show_in_the_error_register_and_raise_the_error_interrupt()
    {
        Write(0, LvtError, 0x60);
        SendIpi(0, 1, 0x0f);
        Assert.False(_apics[1].HasInterrupt);
        Assert.Equal(0x60, _apics[0].Acknowledge());
        Assert.Equal(0u, Read(0, Esr));
        Write(0, Esr, 0);
        Assert.Equal(0x20u, Read(0, Esr));
        Write(0, Esr, 0);
        Assert.Equal(0u, Read(0, Esr));
    }

    [Fact]
    public void A_software_disabled_apic_takes_no_interrupts_but_start_up()
    {
        Write(1, Svr, 0xff);
        SendIpi(0, 1, 0x44);
        Assert.False(_apics[1].HasInterrupt);
        SendIpi(0, 1, 0x4500);
        Assert.True(_apics[1].HasEvent);
        Write(1, LvtTimer, 0x40);
        Assert.Equal(0x10040u, Read(1, LvtTimer));
    }

    [Fact]
    public void The_one_shot_timer_fires_once_and_stays_at_zero()
    {
        Write(0, Divide, 0x3);
        Write(0, LvtTimer, 0x41);
        Write(0, Initial, 1000);
        _clock.Advance(8_000);
        Assert.Equal(500u, Read(0, Current));
        _clock.Advance(7_999);
        Assert.False(_apics[0].HasInterrupt);
        _clock.Advance(1);
        Assert.Equal(0x41, _apics[0].Acknowledge());
        Assert.Equal(0u, Read(0, Current));
        Write(0, Eoi, 0);
        _clock.Advance(1_000_000);
        Assert.False(_apics[0].HasInterrupt);
    }

    [Fact]
    public void A_one_shot_count_shorter_than_it_takes_to_arm_the_host_timer_still_fires()
    {
        var clock = new HurryingClock(1000);
        var bus = new ApicBus();
        var apic = new LocalApic(0, bus, clock, new HostTsc(clock, 1_000_000_000), null);
        bus.Connect([apic], _ => { });
        apic.Attach(new CountingKick());
        foreach (var (register, value) in new[] { (Svr, 0x1ffu), (Divide, 0xbu), (LvtTimer, 0x41u), (Initial, 5u) }) apic.Registers.Write(register, 4, value);
        clock.FireExpired();
        Assert.Equal(0x41, apic.Acknowledge());
        clock.FireExpired();
        Assert.False(apic.HasInterrupt);
    }

    [Fact]
    public void A_one_shot_count_that_ran_out_behind_the_mask_does_not_fire_when_unmasked()
    {
        Write(0, Divide, 0xb);
        Write(0, LvtTimer, 0x10041);
        Write(0, Initial, 1000);
        _clock.Advance(1000);
        Write(0, LvtTimer, 0x41);
        _clock.Advance(10_000);
        Assert.False(_apics[0].HasInterrupt);
    }

    [Fact]
    public void The_periodic_timer_fires_every_period()
    {
        Write(0, Divide, 0xb);
        Write(0, LvtTimer, 0x20041);
        Write(0, Initial, 1_000_000);
        int count = 0;
        for (int i = 0; i < 100; i++)
        {
            _clock.Advance(500_000);
            if (_apics[0].Acknowledge() != 0x41) continue;
            Write(0, Eoi, 0);
            count++;
        }
        Assert.Equal(50, count);
        Assert.Equal(1_000_000u, Read(0, Current));
    }

    [Theory]
    [InlineData(0x0u, 2)]
    [InlineData(0x1u, 4)]
    [InlineData(0x3u, 16)]
    [InlineData(0x8u, 32)]
    [InlineData(0xau, 128)]
    [InlineData(0xbu, 1)]
    public void The_divider_slows_the_timer(uint configuration, int divisor)
    {
        Write(0, Divide, configuration);
        Write(0, Initial, 1_000_000);
        _clock.Advance(1280 * 100);
        Assert.Equal(1_000_000u - (uint)(128_000 / divisor), Read(0, Current));
    }

    [Fact]
    public void A_masked_timer_counts_without_interrupting_and_fires_when_unmasked_in_time()
    {
        Write(0, Divide, 0xb);
        Write(0, LvtTimer, 0x10041);
        Write(0, Initial, 1000);
        _clock.Advance(600);
        Assert.Equal(400u, Read(0, Current));
        Write(0, LvtTimer, 0x41);
        _clock.Advance(400);
        Assert.True(_apics[0].HasInterrupt);
    }

    [Fact]
    public void The_tsc_deadline_timer_fires_at_its_count()
    {
        Write(0, LvtTimer, 0x40041);
        Assert.True(_apics[0].TryWriteMsr(0x6e0, 20_000));
        Assert.True(_apics[0].TryReadMsr(0x6e0, out ulong armed));
        Assert.Equal(20_000ul, armed);
        _clock.Advance(9_999);
        Assert.False(_apics[0].HasInterrupt);
        _clock.Advance(1);
        Assert.True(_apics[0].HasInterrupt);
        Assert.True(_apics[0].TryReadMsr(0x6e0, out ulong after));
        Assert.Equal(0ul, after);
    }

    [Fact]
    public void A_deadline_in_the_past_fires_at_once_and_zero_disarms()
    {
        _clock.Advance(1_000_000);
        Write(0, LvtTimer, 0x40041);
        _apics[0].TryWriteMsr(0x6e0, 5_000_000);
        _apics[0].TryWriteMsr(0x6e0, 0);
        _clock.Advance(10_000_000);
        Assert.False(_apics[0].HasInterrupt);
        _apics[0].TryWriteMsr(0x6e0, 1);
        _clock.Advance(0);
        Assert.True(_apics[0].HasInterrupt);
    }

    [Fact]
    public void The_pic_reaches_the_boot_processor_through_an_unmasked_extint_entry()
    {
        _picVector = 0x28;
        _apics[0].SetLint0(true);
        Assert.True(_apics[0].HasInterrupt);
        Write(0, Lint0, 0x10700);
        Assert.False(_apics[0].HasInterrupt);
        Write(0, Lint0, 0x700);
        Assert.Equal(0x28, _apics[0].Acknowledge());
        _apics[0].SetLint0(false);
        Assert.False(_apics[0].HasInterrupt);
    }

    [Fact]
    public void X2apic_addresses_processors_by_32_bit_ids_and_clusters()
    {
        foreach (var apic in _apics) Assert.True(apic.TryWriteMsr(0x1b, 0xfee00c00));
        Assert.Null(_apics[2].RegistersBase);
        Assert.True(_apics[2].TryReadMsr(0x802, out ulong id));
        Assert.Equal(2ul, id);
        Assert.True(_apics[2].TryReadMsr(0x80d, out ulong logical));
        Assert.Equal(4ul, logical);
        Assert.True(_apics[0].TryWriteMsr(0x830, 0x2_0000_0045));
        Assert.Equal([2], Interrupted());
        Assert.True(_apics[0].TryWriteMsr(0x830, 0xb_0000_0846));
        Assert.Equal([0, 1, 2, 3], Interrupted());
        Assert.True(_apics[1].TryWriteMsr(0x83f, 0x90));
        Assert.Equal(0x90, _apics[1].Acknowledge());
        Assert.True(_apics[1].TryWriteMsr(0x80b, 0));
    }

    [Theory]
    [InlineData(0x80bu, 1ul)]
    [InlineData(0x802u, 0ul)]
    [InlineData(0x80eu, 0ul)]
    [InlineData(0x808u, 0x100ul)]
    [InlineData(0x830u, 0x1000ul)]
    [InlineData(0x831u, 0ul)]
    [InlineData(0x840u, 0ul)]
    public void X2apic_faults_on_reserved_registers_and_bits(uint msr, ulong value)
    {
        _apics[0].TryWriteMsr(0x1b, 0xfee00d00);
        Assert.False(_apics[0].TryWriteMsr(msr, value));
    }

    [Fact]
    public void X2apic_registers_fault_in_xapic_mode_and_illegal_mode_changes_fault()
    {
        Assert.False(_apics[0].TryReadMsr(0x802, out _));
        Assert.False(_apics[0].TryWriteMsr(0x1b, 0xfee00500));
        Assert.True(_apics[0].TryWriteMsr(0x1b, 0xfee00d00));
        Assert.False(_apics[0].TryWriteMsr(0x1b, 0xfee00900));
        Assert.True(_apics[0].TryWriteMsr(0x1b, 0xfee00100));
        Assert.False(_apics[0].TryWriteMsr(0x1b, 0xfee00d00));
        Assert.True(_apics[0].TryReadMsr(0x1b, out ulong value));
        Assert.Equal(0xfee00100ul, value);
    }

    [Fact]
    public void Init_keeps_the_mode_and_a_machine_reset_does_not()
    {
        _apics[1].TryWriteMsr(0x1b, 0xfee00c00);
        _apics[1].Reset(init: true);
        Assert.Null(_apics[1].RegistersBase);
        _apics[1].Reset(init: false);
        Assert.Equal(0xfee00000ul, _apics[1].RegistersBase?.Value);
    }

    [Fact]
    public void Any_offset_and_size_is_harmless()
    {
        foreach (int size in new[] { 1, 2, 4, 8 })
        {
            for (uint offset = 0; offset + size <= 0x1000; offset += (uint)size)
            {
                _apics[0].Registers.Read(offset, size);
                _apics[0].Registers.Write(offset, size, ulong.MaxValue);
            }
        }
        Assert.Equal(0u, Read(0, Id));
    }

    [Fact]
    public void Changing_the_divider_keeps_the_count_and_changes_the_pace()
    {
        Write(0, Divide, 0xb);
        Write(0, LvtTimer, 0x41);
        Write(0, Initial, 1000);
        _clock.Advance(400);
        Write(0, Divide, 0x0);
        Assert.Equal(600u, Read(0, Current));
        _clock.Advance(1199);
        Assert.False(_apics[0].HasInterrupt);
        _clock.Advance(1);
        Assert.True(_apics[0].HasInterrupt);
    }
}
