using Tcg.Mttcg.Machine.Clocks;
using Tcg.Mttcg.Machine.Net;
using Tcg.Mttcg.Machine.Net.Packets;
using Tcg.Mttcg.Machine.Serial;
using Tcg.Mttcg.Machine.Storage;
using Tcg.Mttcg.Machine.Tests.Support;
using Tcg.Mttcg.Machine.Virtio;
using Tcg.Mttcg.Machine.Virtio.Block;
using Tcg.Mttcg.Machine.Virtio.Net;
using Tcg.Mttcg.Machine.Wiring;

namespace Tcg.Mttcg.Machine.Tests.Virtio;

/// <summary>Drivers that write noise: a device may break, never the process, and after a reset it works.</summary>
public class VirtioFuzzTests
{
    private const int Rounds = 400;

    [Fact]
    public void The_random_source_survives() => Fuzz(_ => new VirtioEntropy());

    [Fact]
    public void The_disk_survives() => Fuzz(gate => new VirtioBlock(new BlockBackEnd(new MemoryImage(1 << 16)), gate));

    [Fact]
    public void The_card_survives()
    {
        var link = new FrameLink();
        Fuzz(gate => new VirtioNet(link, gate, new MacAddress(1)), () =>
        {
            link.ToGuest.TryWrite(Frame.Rent(100));
            while (link.FromGuest.TryRead(out var frame)) frame.Return();
        });
    }

    [Fact]
    public void The_console_survives()
    {
        var link = new SerialLink();
        Fuzz(gate => new VirtioConsole(link, gate, gate.Guard(new ManualClock())), () =>
        {
            link.Input.TryWrite(1);
            while (link.Output.TryRead(out _)) { }
        });
    }

    private static void Fuzz(Func<Gate, VirtioDevice> create, Action? host = null)
    {
        var random = new Random(42);
        using var driver = new VirtioDriver(create);
        int broken = 0;
        for (int round = 0; round < Rounds; round++)
        {
            driver.Start();
            for (int queue = 0; queue < driver.Device.QueueSizes.Count; queue++) Scribble(driver, queue, random);
            for (int i = 0; i < 20; i++)
            {
                host?.Invoke();
                driver.Notify(random.Next(driver.Device.QueueSizes.Count));
                if (random.Next(4) == 0) driver.Set(random.Next(0x1000) & ~3, 4, (uint)random.NextInt64());
                if (random.Next(4) == 0) driver.Get(random.Next(VirtioPci.RegionBytes) & ~3, 4);
            }
            if (driver.IsBroken) broken++;
        }
        Assert.InRange(broken, 1, Rounds);
        driver.Start();
        Assert.Equal((VirtioStatus)15, driver.Status);
    }

    // Descriptors that are half sense: near buffers, short lengths, any flags.
    private static void Scribble(VirtioDriver driver, int queue, Random random)
    {
        for (int i = 0; i < driver.Size; i++)
        {
            ulong address = random.Next(8) == 0 ? (ulong)random.NextInt64() : (ulong)random.Next((int)VirtioDriver.RamBytes);
            uint length = random.Next(8) == 0 ? (uint)random.NextInt64() : (uint)random.Next(64) * 16;
            driver.Describe(queue, i, address, length, (ushort)random.Next(8), (ushort)random.Next(driver.Size + (random.Next(4) == 0 ? 1 : 0)));
        }
        var (_, available, _) = VirtioDriver.Rings(queue);
        for (int i = 0; i < driver.Size; i++) driver.Write16(available + 4 + (ulong)i * 2, (ushort)random.Next(driver.Size));
        driver.Write16(available, (ushort)random.Next(2));
        driver.Write16(available + 2, (ushort)random.Next(random.Next(4) == 0 ? 0x10000 : driver.Size + 1));
    }
}
