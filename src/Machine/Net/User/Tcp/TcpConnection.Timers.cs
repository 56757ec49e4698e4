using Tcg.Mttcg.Machine.Net.Packets;

namespace Tcg.Mttcg.Machine.Net.User.Tcp;

internal enum TcpTimer : byte { None, Retransmit, Persist, KeepAlive, TimeWait }

/// <summary>A connection waits for one thing at a time, so it has one timer.</summary>
internal sealed partial class TcpConnection
{
    private int _retries;

    /// <summary>Milliseconds; <see cref="long.MaxValue"/>: none.</summary>
    public long Deadline { get; private set; } = long.MaxValue;

    private TcpTimer Timer { get; set; }

    /// <summary>The deadline has come.</summary>
    public void Expire()
    {
        var timer = Timer;
        CancelTimer();
        switch (timer)
        {
            case TcpTimer.Retransmit when State == TcpState.Established: TimeOut(); break;
            case TcpTimer.Retransmit: RepeatSyn(); break;
            case TcpTimer.Persist: Probe(); break;
            case TcpTimer.KeepAlive: AskWhetherAlive(); break;
            case TcpTimer.TimeWait: Close(reset: false); break;
        }
    }

    private void TimeOut()
    {
        // A guest that takes no frames, such as a paused one, has not seen what is to be repeated.
        if (!_engine.Wire.HasRoom)
        {
            Arm(TcpTimer.Retransmit, _roundTrip.Timeout);
            return;
        }
        if (++_retries > _engine.Limits.DataRetries)
        {
            Abort();
            return;
        }
        _congestion.TimedOut((uint)InFlight);
        _roundTrip.Retransmitted();
        _roundTrip.BackOff();
        _next = _unacknowledged;
        Arm(TcpTimer.Retransmit, _roundTrip.Timeout);
        _engine.Enqueue(this);
    }

    private void RepeatSyn()
    {
        if (++_retries > _engine.Limits.SynRetries)
        {
            Abort();
            return;
        }
        _roundTrip.BackOff();
        SendSyn();
    }

    // RFC 9293 3.8.6.1: one byte beyond a closed window, again and again as long as the guest answers.
    private void Probe()
    {
        if (_send.Count == 0 || InFlight > 0 || _window.Size > 0)
        {
            _engine.Enqueue(this);
            return;
        }
        if (++_retries > _engine.Limits.DataRetries)
        {
            Abort();
            return;
        }
        _roundTrip.BackOff();
        Send(TcpFlags.Ack, _unacknowledged, 0, 1);
        if (_highest == _unacknowledged) _highest++;
        Arm(TcpTimer.Persist, _roundTrip.Timeout);
    }

    private void ArmKeepAlive() => Arm(TcpTimer.KeepAlive, _engine.Limits.KeepAliveIdle);

    private void AskWhetherAlive()
    {
        long silent = _engine.Now - LastHeard;
        if (silent < _engine.Limits.KeepAliveIdle)
        {
            Arm(TcpTimer.KeepAlive, _engine.Limits.KeepAliveIdle - silent);
            return;
        }
        if (silent >= _engine.Limits.KeepAliveIdle + 9 * _engine.Limits.KeepAliveTimeout)
        {
            Abort();
            return;
        }
        Send(TcpFlags.Ack, _unacknowledged - 1, 0, 0);
        Arm(TcpTimer.KeepAlive, _engine.Limits.KeepAliveTimeout);
    }

    private void Arm(TcpTimer timer, long after)
    {
        (Timer, Deadline) = (timer, _engine.Now + after);
        _engine.NoteDeadline(Deadline);
    }

    private void CancelTimer() => (Timer, Deadline) = (TcpTimer.None, long.MaxValue);
}
