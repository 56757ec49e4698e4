using System.Globalization;
using Tcg.Mttcg.Actors.Hosting;

namespace Tcg.Mttcg.Cli.Demo;

/// <summary>What each vCPU did, in 80 columns.</summary>
internal static class DemoTable
{
    public static unsafe void Write(TextWriter writer, EmulatedMachine machine, DemoReport report, TimeSpan elapsed)
    {
        writer.WriteLine();
        writer.WriteLine("  vCPU  rows  instructions   MIPS  chained jumps  jump-cache hits  interrupts");
        var counters = machine.Counters.Vcpus;
        for (var i = 0; i < counters.Count; i++)
        {
            var state = machine.Cpus[i].State;
            var mips = state->InstructionCount / elapsed.TotalMicroseconds;
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {i,4} {report.RowsByCpu[i],5} {state->InstructionCount,13:n0} {mips,6:f0} {state->ChainedJumps,14:n0} {state->JumpCacheHits,16:n0} {counters[i].Executor.Interrupts,11:n0}"));
        }
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n  {elapsed.TotalSeconds:f2} s from power-on to power-off"));
    }
}
