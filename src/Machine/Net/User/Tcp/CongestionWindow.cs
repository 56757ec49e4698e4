namespace Tcg.Mttcg.Machine.Net.User.Tcp;

/// <summary>Slow start, congestion avoidance and NewReno's recovery (RFC 5681, RFC 6582), in bytes. A link in one process loses nothing, but a guest may drop.</summary>
internal struct CongestionWindow(int mss)
{
    private const int DuplicatesForRecovery = 3;

    private uint _threshold = uint.MaxValue;
    private uint _recoverUntil;
    private int _duplicates;

    // RFC 6928's ten segments.
    public uint Size { get; private set; } = (uint)(10 * mss);

    public bool IsRecovering { get; private set; }

    /// <returns>True when the next segment is known to be lost, too.</returns>
    public bool Acknowledged(uint acknowledgment, uint bytes)
    {
        _duplicates = 0;
        if (IsRecovering)
        {
            if ((int)(acknowledgment - _recoverUntil) < 0) return true;
            IsRecovering = false;
            Size = _threshold;
            return false;
        }
        uint growth = Size < _threshold ? bytes : Math.Max(1, (uint)((ulong)mss * (uint)mss / Size));
        Size = Math.Min(Size + growth, 1u << 30);
        return false;
    }

    /// <returns>True when a segment should be sent again now.</returns>
    public bool Duplicate(uint inFlight, uint highest)
    {
        if (IsRecovering || ++_duplicates != DuplicatesForRecovery) return false;
        Shrink(inFlight);
        Size = _threshold;
        IsRecovering = true;
        _recoverUntil = highest;
        return true;
    }

    public void TimedOut(uint inFlight)
    {
        Shrink(inFlight);
        Size = (uint)mss;
        IsRecovering = false;
        _duplicates = 0;
    }

    private void Shrink(uint inFlight) => _threshold = Math.Max(inFlight / 2, (uint)(2 * mss));
}
