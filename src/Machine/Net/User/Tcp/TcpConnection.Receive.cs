using Tcg.Mttcg.Machine.Net.Packets;

namespace Tcg.Mttcg.Machine.Net.User.Tcp;

/// <summary>Segments from the guest (RFC 9293 3.10.7).</summary>
internal sealed partial class TcpConnection
{
    private uint _expected;
    private uint _windowEdge;
    private int _receiveScale;
    private bool _guestFinished;
    private bool _acknowledge;

    /// <summary>When the guest last sent anything, milliseconds.</summary>
    public long LastHeard { get; private set; }

    public void Receive(in TcpHeader header, ReadOnlySpan<byte> payload)
    {
        LastHeard = _engine.Now;
        switch (State)
        {
            case TcpState.HostConnecting: ReceiveWhileConnecting(header); break;
            case TcpState.SynSent: ReceiveSynSent(header); break;
            case TcpState.TimeWait: ReceiveTimeWait(header); break;
            case TcpState.SynReceived:
            case TcpState.Established: ReceiveSynchronized(header, payload); break;
        }
        if (State != TcpState.Closed) _engine.Enqueue(this);
    }

    /// <summary>Passive open: takes the guest's SYN and waits for <see cref="HostConnected"/>.</summary>
    public void Accept(in TcpHeader syn)
    {
        State = TcpState.HostConnecting;
        LearnFromSyn(syn);
        _window.Start(syn.Sequence, 0, syn.Window);
    }

    private void LearnFromSyn(in TcpHeader syn)
    {
        _expected = _windowEdge = syn.Sequence + 1;
        _mss = (int)Math.Clamp(syn.Mss == 0 ? DefaultMss : syn.Mss, LeastMss, _engine.Limits.Mss);
        _congestion = new CongestionWindow(_mss);
        _scales = syn.WindowScale >= 0;
        _sendScale = Math.Max(0, syn.WindowScale);
        if (!_scales) return;
        while (ushort.MaxValue << _receiveScale < _received.Capacity) _receiveScale++;
    }

    private void ReceiveWhileConnecting(in TcpHeader header)
    {
        if (header.Has(TcpFlags.Rst) && header.Sequence == _expected) Close(reset: true);
    }

    private void ReceiveSynSent(in TcpHeader header)
    {
        bool acknowledges = header.Has(TcpFlags.Ack) && header.Acknowledgment == _highest;
        if (header.Has(TcpFlags.Rst))
        {
            if (acknowledges) Close(reset: true);
            return;
        }
        if (header.Has(TcpFlags.Ack) && !acknowledges)
        {
            _engine.SendReset(_path, header, 0);
            return;
        }
        if (!acknowledges || !header.Has(TcpFlags.Syn)) return;
        LearnFromSyn(header);
        _window.Start(header.Sequence, header.Acknowledgment, header.Window);
        _acknowledge = true;
        Establish(header.Acknowledgment);
    }

    private void ReceiveTimeWait(in TcpHeader header)
    {
        if (header.Has(TcpFlags.Rst))
        {
            if (header.Sequence == _expected) Close(reset: false);
            return;
        }
        _acknowledge = true;
        Arm(TcpTimer.TimeWait, _engine.Limits.TimeWait);
    }

    private void ReceiveSynchronized(in TcpHeader header, ReadOnlySpan<byte> payload)
    {
        bool fin = header.Has(TcpFlags.Fin);
        int offset = (int)(header.Sequence - _expected), end = offset + payload.Length + (fin ? 1 : 0);
        if (offset > (int)(_windowEdge - _expected) || end < 0 || (offset < 0 && end == 0))
        {
            if (header.Has(TcpFlags.Syn) && State == TcpState.SynReceived) SendSyn();
            else _acknowledge |= !header.Has(TcpFlags.Rst);
            return;
        }
        if (header.Has(TcpFlags.Rst))
        {
            // RFC 5961: a reset that is not at the very next byte is only believed when the guest repeats it.
            if (offset == 0) Close(reset: true);
            else _acknowledge = true;
            return;
        }
        if (header.Has(TcpFlags.Syn) || !header.Has(TcpFlags.Ack))
        {
            _acknowledge |= header.Has(TcpFlags.Syn);
            return;
        }
        if (State == TcpState.SynReceived)
        {
            if (header.Acknowledgment != _highest)
            {
                _engine.SendReset(_path, header, payload.Length);
                return;
            }
            Establish(header.Acknowledgment);
        }
        if (!TakeAcknowledgment(header, payload.Length)) return;
        bool finishedBefore = _guestFinished;
        if (end > 0) TakePayload(offset, payload, fin);
        if (State != TcpState.Established || !_guestFinished || !_finAcknowledged) return;
        // Whoever finishes last knows that the other has seen its FIN.
        if (finishedBefore) Close(reset: false);
        else EnterTimeWait();
    }

    private void TakePayload(int offset, ReadOnlySpan<byte> payload, bool fin)
    {
        _acknowledge = true;
        if (offset > 0 || _guestFinished) return;
        payload = payload[-offset..];
        int room = (int)Math.Min((uint)payload.Length, _windowEdge - _expected);
        int taken = _received.Write(payload[..room]);
        _expected += (uint)taken;
        if (fin && taken == payload.Length)
        {
            _expected++;
            // FIN needs no buffer, so it may lie past the window's edge.
            if ((int)(_windowEdge - _expected) < 0) _windowEdge = _expected;
            _guestFinished = true;
        }
        if (taken > 0 || _guestFinished) Host.DataReady();
    }

    /// <summary>By how much the window's right edge could move.</summary>
    private int WindowGrowth => (int)(_expected + (uint)Math.Min(_received.Free, ushort.MaxValue << _receiveScale) - _windowEdge);

    /// <summary>The window field of the next segment. The edge never moves back and moves on only by a worthwhile step (RFC 9293 3.8.6.2.2).</summary>
    private ushort Advertise()
    {
        int growth = WindowGrowth;
        if (growth >= Math.Min(_engine.Limits.Mss, _received.Capacity / 2)) _windowEdge += (uint)growth;
        return (ushort)Math.Min(_windowEdge - _expected >> _receiveScale, ushort.MaxValue);
    }

    // The window of a SYN is never scaled.
    private ushort AdvertiseInSyn()
    {
        ushort window = (ushort)Math.Min(_received.Free, ushort.MaxValue);
        _windowEdge = _expected + window;
        return window;
    }
}
