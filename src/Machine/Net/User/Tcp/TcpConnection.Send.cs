using Tcg.Mttcg.Machine.Net.Packets;

namespace Tcg.Mttcg.Machine.Net.User.Tcp;

/// <summary>Segments to the guest.</summary>
internal sealed partial class TcpConnection
{
    // A turn, so that one busy connection does not keep others waiting.
    private const int SegmentsPerTurn = 16;

    private uint _unacknowledged, _next, _highest;
    private int _mss, _sendScale;
    private bool _scales;
    private bool _hostFinished, _finAcknowledged;
    private SendWindow _window;
    private CongestionWindow _congestion;
    private RoundTrip _roundTrip;

    private int InFlight => (int)(_next - _unacknowledged);

    /// <summary>Active open, towards a guest's listener.</summary>
    public void Open()
    {
        State = TcpState.SynSent;
        _scales = true;
        SendSyn();
    }

    /// <summary>Sends what the windows allow, then an acknowledgment if none went along.</summary>
    /// <returns>True when it could go on: its turn is over or the wire has no room.</returns>
    public bool Output()
    {
        bool more = State == TcpState.Established && SendData();
        if (!_acknowledge || State is not (TcpState.Established or TcpState.TimeWait)) return more;
        if (!_engine.Wire.HasRoom) return true;
        Send(TcpFlags.Ack, _next, 0, 0);
        return more;
    }

    private bool SendData()
    {
        for (int segment = 0; segment < SegmentsPerTurn; segment++)
        {
            int unsent = _send.Count - InFlight;
            // Less than nothing: the FIN is under way.
            if (unsent < 0 || (unsent == 0 && (!_hostFinished || _finAcknowledged))) return false;
            if (!_engine.Wire.HasRoom) return true;
            if (unsent == 0)
            {
                SendNext(TcpFlags.Fin | TcpFlags.Ack, 0, 1);
                return false;
            }
            long allowed = (long)Math.Min(_window.Size, _congestion.Size) - InFlight;
            int length = (int)Math.Min(Math.Min(unsent, _mss), allowed);
            if (length <= 0 || IsSilly(length, unsent))
            {
                if (InFlight == 0 && Timer != TcpTimer.Persist) Arm(TcpTimer.Persist, _roundTrip.Timeout);
                return false;
            }
            SendNext(length == unsent ? TcpFlags.Ack | TcpFlags.Psh : TcpFlags.Ack, length, (uint)length);
        }
        return true;
    }

    // RFC 9293 3.8.6.2.1: no crumbs while acknowledgments are still to come.
    private bool IsSilly(int length, int unsent) => length < _mss && length < unsent && InFlight > 0 && length < _window.Largest / 2;

    private void SendNext(TcpFlags flags, int length, uint sequenceLength)
    {
        bool isNew = _next == _highest;
        Send(flags, _next, InFlight, length);
        _next += sequenceLength;
        if ((int)(_next - _highest) > 0) _highest = _next;
        if (isNew) _roundTrip.Sent(_next, _engine.Now);
        if (Timer != TcpTimer.Retransmit) Arm(TcpTimer.Retransmit, _roundTrip.Timeout);
    }

    /// <param name="offset">Of the payload in the buffer.</param>
    private void Send(TcpFlags flags, uint sequence, int offset, int length)
    {
        _acknowledge = false;
        ReadOnlySpan<byte> first = default, second = default;
        if (length > 0) _send.Peek(offset, length, out first, out second);
        _engine.Wire.Send(_path, new TcpHeader(_path.Remote.Port, _path.Guest.Port, sequence, _expected, flags, Advertise()), first, second);
    }

    private void SendSyn()
    {
        bool answers = State == TcpState.SynReceived;
        var header = new TcpHeader(_path.Remote.Port, _path.Guest.Port, _unacknowledged, answers ? _expected : 0, answers ? TcpFlags.Syn | TcpFlags.Ack : TcpFlags.Syn,
            AdvertiseInSyn(), _engine.Limits.Mss, _scales ? SynScale : -1);
        _next = _highest = _unacknowledged + 1;
        _engine.Wire.Send(_path, header, default, default);
        Arm(TcpTimer.Retransmit, _roundTrip.Timeout);
    }

    private int SynScale
    {
        get
        {
            int scale = 0;
            while (ushort.MaxValue << scale < _received.Capacity) scale++;
            return scale;
        }
    }

    private void SendReset() =>
        _engine.Wire.Send(_path, new TcpHeader(_path.Remote.Port, _path.Guest.Port, State == TcpState.HostConnecting ? 0 : _next, _expected, TcpFlags.Rst | TcpFlags.Ack, 0), default, default);

    private void Establish(uint acknowledgment)
    {
        State = TcpState.Established;
        _unacknowledged = _next = acknowledgment;
        _retries = 0;
        _roundTrip.Reset();
        ArmKeepAlive();
    }

    /// <returns>False when the segment acknowledges what was never sent and must be dropped.</returns>
    private bool TakeAcknowledgment(in TcpHeader header, int payload)
    {
        uint acknowledgment = header.Acknowledgment, window = (uint)header.Window << _sendScale;
        int bytes = (int)(acknowledgment - _unacknowledged);
        if ((int)(acknowledgment - _highest) > 0)
        {
            _acknowledge = true;
            return false;
        }
        if (bytes < 0) return true;
        if (bytes > 0) Advance(acknowledgment, bytes);
        else if (payload == 0 && !header.Has(TcpFlags.Fin) && InFlight > 0 && window == _window.Size && _congestion.Duplicate((uint)InFlight, _highest)) Retransmit();
        else if (Timer == TcpTimer.Persist) _retries = 0;
        _window.Update(header.Sequence, acknowledgment, window);
        return true;
    }

    private void Advance(uint acknowledgment, int bytes)
    {
        int data = Math.Min(bytes, _send.Count);
        bool hadRoom = _send.Free >= LeastRoom;
        _send.Consume(data);
        _finAcknowledged |= bytes > data;
        _unacknowledged = acknowledgment;
        if (InFlight < 0) _next = acknowledgment;
        _retries = 0;
        _roundTrip.Acknowledged(acknowledgment, _engine.Now);
        _roundTrip.Reset();
        if (_congestion.Acknowledged(acknowledgment, (uint)bytes) && InFlight > 0) Retransmit();
        if (InFlight > 0) Arm(TcpTimer.Retransmit, _roundTrip.Timeout);
        else ArmKeepAlive();
        if (!hadRoom && _send.Free >= LeastRoom) Host.RoomReady();
    }

    /// <summary>Sends the oldest segment again, without moving on.</summary>
    private void Retransmit()
    {
        _roundTrip.Retransmitted();
        int length = (int)Math.Min(Math.Min(_send.Count, _mss), Math.Max(_window.Size, 1));
        Send(length == 0 ? TcpFlags.Fin | TcpFlags.Ack : TcpFlags.Ack, _unacknowledged, 0, length);
    }
}
