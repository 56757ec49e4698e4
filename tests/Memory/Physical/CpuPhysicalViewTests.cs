using Tcg.Mttcg.Memory.Contracts;
using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Memory.Tests.Physical;

public sealed class CpuPhysicalViewTests : IDisposable
{
    private readonly GuestRam _ram = new(1UL << 20);
    private readonly PhysicalMap _map;

    public CpuPhysicalViewTests()
    {
        _map = new(_ram);
        _map.Change(edit => edit.Ram(new(0), new(0), 1UL << 20));
    }

    public void Dispose() => _ram.Dispose();

    [Fact]
    public void Each_processor_sees_its_own_apic_at_the_same_address()
    {
        var locals = new[] { new FakeLocal(), new FakeLocal() };
        var views = locals.Select(local => new CpuPhysicalView(_map, local)).ToArray();
        views[1].FindPage(new(0xfee00030)).Region!.Write(0x30, 4, 5);
        Assert.Empty(locals[0].Device.Calls);
        Assert.Equal(["w4@30=5"], locals[1].Device.Calls);
        Assert.Equal(PhysicalKind.Hole, _map.Find(new(0xfee00030)).Kind);
        Assert.Equal(PhysicalKind.Hole, views[0].Find(new(0xfee01000)).Kind);
        Assert.Equal(PhysicalKind.Ram, views[0].Find(new(0x1000)).Kind);
    }

    [Fact]
    public void The_apic_page_moves_over_ram_and_goes_away()
    {
        var local = new FakeLocal();
        var view = new CpuPhysicalView(_map, local);
        Assert.Equal(PhysicalKind.Mmio, view.Find(new(0xfee00fff)).Kind);
        local.RegistersBase = new GuestPhysical(0);
        Assert.Equal(PhysicalKind.Mmio, view.Find(new(0x10)).Kind);
        Assert.Equal(0x10UL, view.Find(new(0x10)).RegionOffsetOf(new(0x10)));
        Assert.Equal(PhysicalKind.Hole, view.Find(new(0xfee00000)).Kind);
        local.RegistersBase = null;
        Assert.Equal(PhysicalKind.Ram, view.Find(new(0x10)).Kind);
    }

    [Fact]
    public void A_processor_without_an_apic_sees_the_shared_map()
    {
        var view = new CpuPhysicalView(_map, null);
        Assert.Equal(PhysicalKind.Hole, view.FindPage(new(0xfee00000)).Kind);
        Assert.Equal(_map.Generation, view.Generation);
    }

    private sealed class FakeLocal : ILocalInterrupts
    {
        public FakeDevice Device { get; } = new();
        public IMmioDevice Registers => Device;
        public GuestPhysical? RegistersBase { get; set; } = new(0xfee00000);
        public bool HasInterrupt => false;
        public bool HasEvent => false;
        public byte TaskPriority { get; set; }
        public uint ApicId => 0;

        public int Acknowledge() => -1;

        public ProcessorEvents TakeEvents(out byte sipiVector)
        {
            sipiVector = 0;
            return ProcessorEvents.None;
        }

        public void Reset(bool init)
        {
        }

        public bool TryReadMsr(uint index, out ulong value)
        {
            value = 0;
            return false;
        }

        public bool TryWriteMsr(uint index, ulong value) => false;
    }
}
