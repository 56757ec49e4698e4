using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Tcg.Mttcg.Machine.Clocks;

/// <summary>A wait with a nanosecond timeout that another thread can end: an eventfd under <c>ppoll</c>.</summary>
internal sealed partial class PreciseWait : IDisposable
{
    private const int NonBlocking = 0x800, CloseOnExec = 0x80000, PollIn = 1, SetTimerSlack = 29;

    private readonly int _event;

    public PreciseWait()
    {
        _event = eventfd(0, NonBlocking | CloseOnExec);
        if (_event < 0) throw new Win32Exception(Marshal.GetLastPInvokeError(), "eventfd");
    }

    /// <summary>Timers of the calling thread may be late by 1 ns instead of Linux's default of 50 us.</summary>
    public static void SharpenCurrentThread() => _ = prctl(SetTimerSlack, 1, 0, 0, 0);

    /// <summary>Returns after the time or a <see cref="Wake"/>, whichever is first; may return early.</summary>
    /// <param name="nanoseconds">Negative waits without limit.</param>
    public unsafe void Sleep(long nanoseconds)
    {
        var poll = new PollDescriptor { Descriptor = _event, Events = PollIn };
        var time = new TimeSpecification { Seconds = nanoseconds / 1_000_000_000, Nanoseconds = nanoseconds % 1_000_000_000 };
        int ready = ppoll(&poll, 1, nanoseconds < 0 ? null : &time, null);
        ulong count;
        if (ready > 0) _ = read(_event, &count, sizeof(ulong));
    }

    public unsafe void Wake()
    {
        ulong one = 1;
        _ = write(_event, &one, sizeof(ulong));
    }

    public void Dispose() => _ = close(_event);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpecification
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc")]
    private static unsafe partial int ppoll(PollDescriptor* descriptors, ulong count, TimeSpecification* timeout, void* signals);

    [LibraryImport("libc")]
    private static unsafe partial nint read(int descriptor, void* buffer, nint count);

    [LibraryImport("libc")]
    private static unsafe partial nint write(int descriptor, void* buffer, nint count);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);

    [LibraryImport("libc")]
    private static partial int prctl(int option, ulong a, ulong b, ulong c, ulong d);
}
