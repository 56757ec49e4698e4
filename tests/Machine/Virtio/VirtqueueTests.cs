using Tcg.Mttcg.Machine.Virtio;
using static Tcg.Mttcg.Machine.Tests.Virtio.VirtioDriver;

namespace Tcg.Mttcg.Machine.Tests.Virtio;

/// <summary>Rings of a random-number device, good and bad.</summary>
public sealed class VirtqueueTests : IDisposable
{
    private readonly VirtioDriver _driver = new(_ => new VirtioEntropy());

    public void Dispose() => _driver.Dispose();

    private bool IsFilled(ulong at, int length) => _driver.Bytes(at, length).Any(value => value != 0);

    [Theory]
    [InlineData(0)]
    [InlineData(VirtioFeatures.EventIndex)]
    public void A_chain_is_filled_from_front_to_back_and_its_length_told(ulong features)
    {
        _driver.Start(features);
        _driver.Describe(0, 3, Buffers, 32, Write | Next, 1);
        _driver.Describe(0, 1, Buffers + 0x1000, 16, Write);
        _driver.Send(0, 3);
        Assert.Equal((1, (3u, 48u)), (_driver.UsedIndex(0), _driver.UsedEntry(0, 0)));
        Assert.True(IsFilled(Buffers, 32) && IsFilled(Buffers + 0x1000, 16));
        Assert.False(IsFilled(Buffers + 32, 64));
        Assert.False(_driver.IsBroken);
    }

    [Fact]
    public void An_indirect_table_is_followed()
    {
        _driver.Start();
        _driver.Put(Buffers, Buffers + 0x100, 8, Write | Next, 1);
        _driver.Put(Buffers + 16, Buffers + 0x200, 8, Write, 0);
        _driver.Describe(0, 0, Buffers, 32, Indirect);
        _driver.Send(0, 0);
        Assert.Equal((0u, 16u), _driver.UsedEntry(0, 0));
        Assert.True(IsFilled(Buffers + 0x100, 8) && IsFilled(Buffers + 0x200, 8));
    }

    [Fact]
    public void Indices_wrap_around_the_ring_and_at_65536()
    {
        _driver.Size = 4;
        _driver.Start();
        _driver.Describe(0, 2, Buffers, 4, Write);
        for (int i = 0; i < 70_000; i++) _driver.Send(0, 2);
        Assert.Equal(70_000 % 65536, _driver.UsedIndex(0));
        Assert.False(_driver.IsBroken);
    }

    [Fact]
    public void Without_msix_an_interrupt_is_a_level_until_the_status_is_read()
    {
        _driver.Start(0);
        _driver.Describe(0, 0, Buffers, 4, Write);
        _driver.Send(0, 0);
        Assert.True(_driver.Line.Level);
        Assert.Equal(1u, _driver.Get(0x1000, 1));
        Assert.False(_driver.Line.Level);
        Assert.Equal(0u, _driver.Get(0x1000, 1));
    }

    [Fact]
    public void A_driver_that_wants_no_interrupts_gets_none()
    {
        _driver.Start(0);
        _driver.Describe(0, 0, Buffers, 4, Write);
        _driver.Write16(Rings(0).Available, VirtqueueFlags.NoInterrupt);
        _driver.Send(0, 0);
        Assert.Equal(1, _driver.UsedIndex(0));
        Assert.False(_driver.Line.Level);
    }

    [Fact]
    public void With_event_indices_the_interrupt_comes_at_the_index_asked_for()
    {
        _driver.Start(VirtioFeatures.EventIndex);
        _driver.Describe(0, 0, Buffers, 4, Write);
        _driver.Write16(Rings(0).Available + 4 + 2ul * _driver.Size, 2);
        _driver.Send(0, 0);
        _driver.Send(0, 0);
        Assert.Equal(0, _driver.Line.Rises);
        _driver.Send(0, 0);
        Assert.Equal(1, _driver.Line.Rises);
        // And the device tells when it wants to be notified next.
        Assert.Equal(3, _driver.Read16(Rings(0).Used + 4 + 8ul * _driver.Size));
    }

    [Fact]
    public void Nothing_is_touched_before_the_driver_is_ready_or_without_bus_mastering()
    {
        _driver.Start(0);
        _driver.Describe(0, 0, Buffers, 4, Write);
        _driver.Pci.Function.Write(4, 2, 2);
        _driver.Send(0, 0);
        Assert.Equal(0, _driver.UsedIndex(0));
        _driver.Pci.Function.Write(4, 2, 6);
        _driver.Set(0x14, 1, 0);
        _driver.Notify(0);
        Assert.Equal(0, _driver.UsedIndex(0));
    }

    [Fact]
    public void Features_that_were_not_offered_are_not_accepted()
    {
        _driver.Set(0x14, 1, 3);
        _driver.Negotiate(VirtioFeatures.Version1 | 1);
        _driver.Set(0x14, 1, 11);
        Assert.Equal((VirtioStatus)3, _driver.Status);
        _driver.Negotiate(0);
        _driver.Set(0x14, 1, 11);
        Assert.Equal((VirtioStatus)3, _driver.Status);
        _driver.Negotiate(VirtioFeatures.Version1);
        _driver.Set(0x14, 1, 11);
        Assert.Equal((VirtioStatus)11, _driver.Status);
    }

    private static readonly (string Name, Action<VirtioDriver> Spoil)[] Crimes =
    [
        ("a head outside the table", d => d.Offer(0, 8)),
        ("a jump of the available index", d => d.Write16(Rings(0).Available + 2, 100)),
        ("a loop", d => { d.Describe(0, 0, Buffers, 4, Write | Next, 1); d.Describe(0, 1, Buffers, 4, Write | Next, 0); d.Offer(0, 0); }),
        ("a next descriptor outside the table", d => { d.Describe(0, 0, Buffers, 4, Write | Next, 8); d.Offer(0, 0); }),
        ("a buffer beyond memory", d => { d.Describe(0, 0, RamBytes - 4, 8, Write); d.Offer(0, 0); }),
        ("a buffer around the end of the address space", d => { d.Describe(0, 0, ulong.MaxValue - 3, 8, Write); d.Offer(0, 0); }),
        ("a huge length", d => { d.Describe(0, 0, Buffers, uint.MaxValue, Write); d.Offer(0, 0); }),
        ("readable after writable", d => { d.Describe(0, 0, Buffers, 4, Write | Next, 1); d.Describe(0, 1, Buffers, 4); d.Offer(0, 0); }),
        ("indirect in indirect", d => { d.Put(Buffers, Buffers, 16, Indirect, 0); d.Describe(0, 0, Buffers, 16, Indirect); d.Offer(0, 0); }),
        ("indirect with a next one", d => { d.Describe(0, 0, Buffers, 16, Indirect | Next, 1); d.Offer(0, 0); }),
        ("indirect in the middle", d => { d.Describe(0, 0, Buffers, 4, Write | Next, 1); d.Describe(0, 1, Buffers, 16, Indirect); d.Offer(0, 0); }),
        ("an indirect table of a broken size", d => { d.Describe(0, 0, Buffers, 24, Indirect); d.Offer(0, 0); }),
        ("an empty indirect table", d => { d.Describe(0, 0, Buffers, 0, Indirect); d.Offer(0, 0); }),
        ("an endless indirect table", d => { d.Describe(0, 0, Buffers, 16 * 2000, Indirect); d.Offer(0, 0); }),
        ("an indirect table beyond memory", d => { d.Describe(0, 0, RamBytes, 16, Indirect); d.Offer(0, 0); }),
        ("an indirect loop", d => { d.Put(Buffers, Buffers, 4, Write | Next, 0); d.Describe(0, 0, Buffers, 16, Indirect); d.Offer(0, 0); }),
    ];

    public static TheoryData<int> CrimeNumbers => [.. Enumerable.Range(0, Crimes.Length)];

    [Theory]
    [MemberData(nameof(CrimeNumbers))]
    public void A_malformed_ring_breaks_the_device_once_until_it_is_reset(int crime)
    {
        _driver.Start();
        Crimes[crime].Spoil(_driver);
        _driver.Notify(0);
        _driver.Notify(0);
        Assert.True(_driver.IsBroken, Crimes[crime].Name);
        Assert.Single(_driver.Log);
        Assert.Equal(2u, _driver.Get(0x1000, 1));
        Assert.Equal(0, _driver.UsedIndex(0));

        _driver.Start();
        _driver.Describe(0, 0, Buffers, 4, Write);
        _driver.Send(0, 0);
        Assert.Equal(1, _driver.UsedIndex(0));
        Assert.False(_driver.IsBroken);
    }

    [Theory]
    [InlineData(0x20, 0x1008u)]
    [InlineData(0x28, 0x2001u)]
    [InlineData(0x30, 0x3002u)]
    [InlineData(0x28, 0xfffff000u)]
    [InlineData(0x30, 0xfffff000u)]
    [InlineData(0x20, 0xfffff000u)]
    public void A_ring_that_is_misplaced_breaks_the_device(int register, uint address)
    {
        _driver.Size = 8;
        _driver.Set(0x14, 1, 3);
        _driver.Negotiate(VirtioFeatures.Version1);
        _driver.Set(0x14, 1, 11);
        _driver.Set(0x20, 4, 0x1000);
        _driver.Set(0x28, 4, 0x2000);
        _driver.Set(0x30, 4, 0x3000);
        _driver.Set(register, 4, address);
        _driver.Set(0x1c, 2, 1);
        _driver.Set(0x14, 1, 15);
        _driver.Describe(0, 0, Buffers, 4, Write);
        _driver.Send(0, 0);
        Assert.True(_driver.IsBroken);
    }

    [Fact]
    public void The_window_in_configuration_space_reaches_the_registers()
    {
        var function = _driver.Pci.Function;
        int at = (int)function.Read(0x34, 1);
        while (function.Read(at, 1) != 9 || function.Read(at + 3, 1) != 5) at = (int)function.Read(at + 1, 1);
        function.Write(at + 4, 1, 4);
        function.Write(at + 8, 4, 0x14);
        function.Write(at + 12, 4, 1);
        function.Write(at + 16, 1, 3);
        Assert.Equal((VirtioStatus)3, _driver.Status);
        Assert.Equal(3u, function.Read(at + 16, 1));
        function.Write(at + 8, 4, 0xfffffffc);
        function.Write(at + 12, 4, 4);
        Assert.Equal(3u, function.Read(at + 16, 4));
    }

    [Fact]
    public void Wide_and_narrow_accesses_see_the_same_registers()
    {
        _driver.Set(0x16, 2, 0);
        _driver.Set(0x20, 4, 0x12345670);
        Assert.Equal(0x1234u, _driver.Get(0x22, 2));
        _driver.Set(0x21, 1, 0xff);
        Assert.Equal(0x1234ff70u, _driver.Get(0x20, 4));
        Assert.Equal(1u, _driver.Get(0x12, 2));
        Assert.Equal(_driver.Get(0x14, 1) | _driver.Get(0x15, 1) << 8 | _driver.Get(0x16, 2) << 16, _driver.Get(0x14, 4));
    }
}
