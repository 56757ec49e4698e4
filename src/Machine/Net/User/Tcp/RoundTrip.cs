namespace Tcg.Mttcg.Machine.Net.User.Tcp;

/// <summary>The retransmission timeout of RFC 6298, from one timed segment at a time; retransmitted ones are not measured (Karn).</summary>
internal struct RoundTrip(TcpLimits limits)
{
    private long _smoothed = -1, _variation, _timedAt = -1;
    private uint _timedSequence;

    /// <summary>Milliseconds, already backed off.</summary>
    public long Timeout { get; private set; } = limits.FirstTimeout;

    /// <param name="end">The acknowledgment that will end the measurement.</param>
    public void Sent(uint end, long now)
    {
        if (_timedAt < 0) (_timedAt, _timedSequence) = (now, end);
    }

    public void Acknowledged(uint acknowledgment, long now)
    {
        if (_timedAt < 0 || (int)(acknowledgment - _timedSequence) < 0) return;
        Measure(Math.Max(0, now - _timedAt));
        _timedAt = -1;
    }

    /// <summary>Something is sent again, so what is being timed says nothing.</summary>
    public void Retransmitted() => _timedAt = -1;

    public void BackOff() => Timeout = Math.Min(Timeout * 2, limits.MostTimeout);

    /// <summary>Progress: the timeout without its back-off.</summary>
    public void Reset() => Timeout = _smoothed < 0 ? limits.FirstTimeout : Bounded(_smoothed + Math.Max(1, 4 * _variation));

    private void Measure(long time)
    {
        if (_smoothed < 0) (_smoothed, _variation) = (time, time / 2);
        else
        {
            _variation = (3 * _variation + Math.Abs(_smoothed - time)) / 4;
            _smoothed = (7 * _smoothed + time) / 8;
        }
        Timeout = Bounded(_smoothed + Math.Max(1, 4 * _variation));
    }

    private readonly long Bounded(long timeout) => Math.Clamp(timeout, limits.LeastTimeout, limits.MostTimeout);
}
