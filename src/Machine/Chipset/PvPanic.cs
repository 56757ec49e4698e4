using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Chipset;

/// <summary>pvpanic: by one port a guest's kernel tells that it panicked (QEMU, docs/specs/pvpanic.rst). It may print a little more before it is heard.</summary>
public sealed class PvPanic : IPortDevice, IResettable
{
    private const uint Panicked = 1 << 0, CrashLoaded = 1 << 1;
    private const long LastWordsNanoseconds = 2_000_000_000;

    private readonly IClock _clock;
    private readonly IClockTimer _heard;
    private volatile bool _hasPanicked;

    /// <param name="panicked">The guest reported a panic, some time ago.</param>
    public PvPanic(IClock clock, Action panicked)
    {
        _clock = clock;
        _heard = clock.CreateTimer(panicked);
    }

    /// <summary>For any thread.</summary>
    public bool HasPanicked => _hasPanicked;

    public void Reset()
    {
        _hasPanicked = false;
        _heard.Cancel();
    }

    /// <summary>Which events are understood.</summary>
    public uint Read(ushort offset, int size) => Panicked | CrashLoaded;

    // A loaded crash kernel takes over by itself: that event needs no answer.
    public void Write(ushort offset, int size, uint value)
    {
        if ((value & Panicked) == 0 || _hasPanicked) return;
        _hasPanicked = true;
        _heard.Arm(_clock.Nanoseconds + LastWordsNanoseconds);
    }
}
