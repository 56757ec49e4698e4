using System.Runtime.InteropServices;

namespace Tcg.Mttcg.Actors.Vcpu;

/// <summary>Sleeps shorter than a millisecond, which .NET's own round up.</summary>
public static partial class ShortSleep
{
    private const int NanosecondsPerMicrosecond = 1000;

    /// <param name="microseconds">Below a million.</param>
    public static void For(int microseconds)
    {
        var time = new TimeSpec { Nanoseconds = (nint)microseconds * NanosecondsPerMicrosecond };
        // Cut short by a signal: as good as over.
        _ = nanosleep(time, 0);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }

    [LibraryImport("libc")]
    private static partial int nanosleep(in TimeSpec wanted, nint left);
}
