namespace Tcg.Mttcg.Machine.Net.User.Tcp;

/// <summary>What the guest allows to be on the way to it (RFC 9293 3.10.7.4).</summary>
internal struct SendWindow
{
    private uint _sequence, _acknowledgment;

    /// <summary>Bytes from the first unacknowledged one.</summary>
    public uint Size { get; private set; }

    /// <summary>The largest that it ever was: a guess at the guest's buffer.</summary>
    public uint Largest { get; private set; }

    /// <summary>Takes a window unless it is older than the one known.</summary>
    public void Update(uint sequence, uint acknowledgment, uint size)
    {
        if ((int)(sequence - _sequence) < 0 || (sequence == _sequence && (int)(acknowledgment - _acknowledgment) < 0)) return;
        Start(sequence, acknowledgment, size);
    }

    public void Start(uint sequence, uint acknowledgment, uint size)
    {
        (_sequence, _acknowledgment, Size) = (sequence, acknowledgment, size);
        Largest = Math.Max(Largest, size);
    }
}
