using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Tcg.Mttcg.Actors.Hosting;
using Tcg.Mttcg.Actors.Life;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Actors.Tests.Hosting;

public class MeterTests
{
    [Fact]
    public async Task The_meter_of_a_machine_shows_what_it_did()
    {
        await using var machine = new EmulatedMachine(Guest.Options(a =>
        {
            // A locked operation on two pages, and code that overwrites itself.
            var patched = a.CreateLabel();
            a.mov(rdi, Guest.Shared + 0xffe);
            a.@lock.inc(__dword_ptr[rdi]);
            a.lea(rbx, __[patched]);
            a.mov(__byte_ptr[rbx], 0x90);
            a.Label(ref patched);
            a.nop();
            a.mov(edx, Guest.ExitPort);
            a.@out(dx, eax);
            a.hlt();
        }));
        var seen = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == "Tcg.Mttcg") self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.Start();
        machine.Start();
        Assert.Equal(ExitReason.DebugExit, (await machine.Completion.WaitAsync(Guest.Wait)).Reason);

        // Other tests' machines may be alive in this process: their counts add up with ours.
        listener.RecordObservableInstruments();
        foreach (var name in (string[])["mttcg.translations", "mttcg.blocks.killed", "mttcg.exclusive_sections", "mttcg.asks:Protect", "mttcg.asks:Link", "mttcg.asks:CodeWrite", "mttcg.run_time"])
            Assert.True(seen.GetValueOrDefault(name) >= 1, $"{name}: {seen.GetValueOrDefault(name)}");
        Assert.True(seen["mttcg.asks.latency.p99:Link"] > 0);
        Assert.InRange(seen["mttcg.asks.time:Link"], double.Epsilon, seen["mttcg.run_time"]);
        Assert.True(seen.ContainsKey("mttcg.kicks.latency.p99"));

        void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            seen.AddOrUpdate(tags.IsEmpty ? instrument.Name : $"{instrument.Name}:{tags[0].Value}", value, (_, before) => before + value);
    }
}
