using Tcg.Mttcg.Actors.Life;

namespace Tcg.Mttcg.Cli;

/// <summary>What the process ends with. Odd codes above 1 are the guest's own, by isa-debug-exit: <c>(value &lt;&lt; 1) | 1</c>.</summary>
public static class ExitCode
{
    public const int PoweredOff = 0, Usage = 1, TripleFault = 2, Stuck = 4, Internal = 6, Panicked = 8, Interrupted = 130;

    public static int Of(MachineResult result) => result.Reason switch
    {
        ExitReason.PoweredOff or ExitReason.Reset => PoweredOff,
        ExitReason.DebugExit => (int)((result.Code << 1) | 1) & 0xff,
        ExitReason.TripleFault => TripleFault,
        ExitReason.Stuck => Stuck,
        ExitReason.Panicked => Panicked,
        ExitReason.Stopped => Interrupted,
        _ => Internal,
    };
}
