using Tcg.Mttcg.Guests.BareMetal;
using Tcg.Mttcg.Guests.SelfCheck.Checks;
using Tcg.Mttcg.Guests.SelfCheck.Kit;

namespace Tcg.Mttcg.Guests.SelfCheck;

/// <summary>
/// Walks the processor's exceptions, gates, modes and paging features, one CPU after the other. Each check is a piece of code that runs until an exception or
/// an interrupt; a monitor compares the pushed frame, registers and memory with what the SDM says. It prints on the serial port, one line each,
/// <code>
/// cpu N  ok    NAME  [SDM section]
/// cpu N  FAIL  NAME  [SDM section]: FIELD VALUE, expected VALUE
/// cpu N  skip  NAME  [SDM section]       CPUID does not announce the feature, or the check was left out
/// </code>
/// and ends with the number of failures, at most 63, as the debug-exit value.
/// </summary>
public static class SelfCheckGuest
{
    /// <summary>The list, in the order of its lines.</summary>
    public static IReadOnlyList<(string Name, string Source)> Checks => [.. Assemble([], out _, out _).Checks.Select(check => (check.Name, check.Source))];

    /// <param name="leftOut">Checks whose name contains one of these are left out, for processors that do not survive them.</param>
    public static GuestImage Build(params IReadOnlyList<string> leftOut)
    {
        var checks = Assemble(leftOut, out var monitor, out var legacy);
        var program = new GuestProgram("selfcheck");
        program.Main();
        Report.Emit(program, checks);
        program.Place(CheckMap.LongList, monitor.Assemble(CheckMap.LongList), CheckMap.LegacyList - CheckMap.LongList);
        program.Place(CheckMap.LegacyList, legacy.Assemble(CheckMap.LegacyList), CheckMap.Data - CheckMap.LegacyList);
        program.Place(CheckMap.Data, checks.Data.Bytes, CheckMap.Pristine - CheckMap.Data);
        program.Place(CheckMap.Pristine, checks.Low.Bytes, CheckMap.LowBytes);
        return program.Build();
    }

    private static CheckProgram Assemble(IReadOnlyList<string> leftOut, out LongMonitor monitor, out LegacyMonitor legacy)
    {
        var checks = new CheckProgram { LeftOut = leftOut };
        monitor = new LongMonitor(checks);
        monitor.Start();
        foreach (var group in LongGroups) group(monitor);
        monitor.RunLegacyList();
        monitor.Finish();
        legacy = new LegacyMonitor(checks);
        foreach (var group in LegacyGroups) group(legacy);
        legacy.Finish();
        return checks;
    }

    private static readonly Action<LongMonitor>[] LongGroups = [LongExceptions.Add, LongDebug.Add, LongGates.Add, LongSystem.Add, LongPaging.Add, LongInterrupts.Add];

    private static readonly Action<LegacyMonitor>[] LegacyGroups = [Segments32.Add, Gates32.Add, Tasks.Add, Virtual86.Add, RealMode.Add, LegacyPaging.Add];
}
