using Tcg.Mttcg.Machine.Boards;
using Tcg.Mttcg.Machine.Clocks;
using Tcg.Mttcg.Machine.Serial;
using Tcg.Mttcg.Machine.Tests.Support;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Tests;

/// <summary>Processors as threads that sleep until they are kicked: an interrupt or a kick that gets lost leaves somebody waiting.</summary>
public sealed class InterruptConcurrencyTests : IDisposable
{
    private const int Cpus = 4;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly MachineClock _clock = new();
    private readonly Board _board;
    private readonly Waker[] _wakers = [.. Enumerable.Range(0, Cpus).Select(_ => new Waker())];

    public InterruptConcurrencyTests()
    {
        _board = new Board(new BoardOptions
        {
            Cpus = Cpus, RamBytes = 1 << 20, Serial = [new SerialLink()], Clock = _clock, Tsc = new HostTsc(_clock), Control = new RecordingControl(),
        });
        for (int i = 0; i < Cpus; i++)
        {
            _board.AttachProcessor(i, _wakers[i]);
            Registers(i).Write(0xf0, 4, 0x1ff);
        }
    }

    public void Dispose()
    {
        _board.Dispose();
        _clock.Dispose();
    }

    private IMmioDevice Registers(int cpu) => _board.LocalInterrupts[cpu].Registers;

    /// <summary>Waits for the next interrupt of a processor, like HLT.</summary>
    private int NextInterrupt(int cpu)
    {
        while (!_board.LocalInterrupts[cpu].HasInterrupt) Assert.True(_wakers[cpu].Wait(Limit), $"processor {cpu} sleeps for ever");
        return _board.LocalInterrupts[cpu].Acknowledge();
    }

    private void RunAll(Action<int> body)
    {
        var threads = Enumerable.Range(0, Cpus).Select(i => Task.Factory.StartNew(() => body(i), TaskCreationOptions.LongRunning)).ToArray();
        Assert.True(Task.WaitAll(threads, Limit), "a processor hangs");
    }

    [Fact]
    public void A_token_passed_round_by_ipi_is_never_lost()
    {
        const int Rounds = 5_000;
        RunAll(cpu =>
        {
            if (cpu == 0) Pass(1);
            for (int i = 0; i < Rounds; i++)
            {
                Assert.Equal(0x40, NextInterrupt(cpu));
                Registers(cpu).Write(0xb0, 4, 0);
                if (cpu != 0 || i < Rounds - 1) Pass((cpu + 1) % Cpus);
            }

            void Pass(int target)
            {
                Registers(cpu).Write(0x310, 4, (ulong)target << 24);
                Registers(cpu).Write(0x300, 4, 0x40);
            }
        });
    }

    [Fact]
    public void Broadcasts_from_all_sides_reach_everybody()
    {
        int[] seen = new int[Cpus];
        RunAll(cpu =>
        {
            // Each sender has its own vector, so nothing merges until it is acknowledged.
            Registers(cpu).Write(0x300, 4, 0xc0000 | (ulong)(0x40 + cpu * 16));
            for (int i = 0; i < Cpus - 1; i++)
            {
                NextInterrupt(cpu);
                Registers(cpu).Write(0xb0, 4, 0);
                seen[cpu]++;
            }
        });
        Assert.All(seen, n => Assert.Equal(Cpus - 1, n));
    }

    [Fact]
    public void Level_lines_timers_and_ends_of_interrupt_cross_without_deadlock()
    {
        var ioApic = _board.Devices.Mmio.Single(r => r.Name == "ioapic");
        for (uint pin = 5; pin < 5 + Cpus; pin++)
        {
            lock (ioApic.Gate.Monitor)
            {
                ioApic.Device.Write(0, 4, 0x11 + pin * 2);
                ioApic.Device.Write(0x10, 4, (pin - 5) << 24);
                ioApic.Device.Write(0, 4, 0x10 + pin * 2);
                ioApic.Device.Write(0x10, 4, 0x8000 | 0x50 + pin);
            }
        }
        RunAll(cpu =>
        {
            var line = _board.IsaLine(5 + (cpu + 1) % Cpus);
            Registers(cpu).Write(0x320, 4, 0x20060);
            Registers(cpu).Write(0x3e0, 4, 0xb);
            Registers(cpu).Write(0x380, 4, 50_000);
            int timers = 0, levels = 0;
            line.Set(true);
            while (timers < 100 || levels == 0)
            {
                int vector = NextInterrupt(cpu);
                if (vector == 0x60) timers++;
                else if (vector >= 0) levels++;
                line.Set((timers & 1) != 0);
                Registers(cpu).Write(0xb0, 4, 0);
            }
            line.Set(false);
        });
    }

    private sealed class Waker : IProcessorKick
    {
        private readonly SemaphoreSlim _kicked = new(0);

        public void Kick() => _kicked.Release();

        public bool Wait(TimeSpan limit) => _kicked.Wait(limit);
    }
}
