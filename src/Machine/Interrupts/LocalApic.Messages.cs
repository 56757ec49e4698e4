namespace Tcg.Mttcg.Machine.Interrupts;

/// <summary>The interrupt command register (SDM 3A 11.6.1). Delivery is immediate, so the delivery-status bit always reads idle.</summary>
public sealed partial class LocalApic
{
    private const uint IcrLogical = 1 << 11, IcrPending = 1 << 12, IcrAssert = 1 << 14, IcrLevel = 1 << 15;

    private enum Shorthand : byte { None, Self, All, Others }

    private void SendCommand(uint low)
    {
        uint high;
        lock (_gate.Monitor)
        {
            _icrLow = low & ~IcrPending & 0xcdfff;
            high = _icrHigh;
        }
        uint destination = IsX2Apic ? high : high >> 24;
        Send(low, destination, broadcast: destination == (IsX2Apic ? uint.MaxValue : 0xff));
    }

    private void SendCommand64(ulong value)
    {
        lock (_gate.Monitor)
        {
            _icrLow = (uint)value & ~IcrPending & 0xcdfff;
            _icrHigh = (uint)(value >> 32);
        }
        Send((uint)value, (uint)(value >> 32), broadcast: value >> 32 == uint.MaxValue);
    }

    private void Send(uint low, uint destination, bool broadcast)
    {
        var mode = (DeliveryMode)(low >> 8 & 7);
        byte vector = (byte)low;
        if (mode is DeliveryMode.Fixed or DeliveryMode.LowestPriority && vector < 16)
        {
            lock (_gate.Monitor) RaiseError(ErrorSentIllegalVector);
            return;
        }
        // ExtINT cannot be sent; INIT level de-assert only synchronised arbitration ids and does nothing since the Pentium 4.
        if ((byte)mode is 3 or 7) return;
        if (mode == DeliveryMode.Init && (low & (IcrLevel | IcrAssert)) == IcrLevel) return;

        bool logical = (low & IcrLogical) != 0;
        var message = new ApicMessage(mode, vector, destination, logical, IsLevel: false, IsBroadcast: broadcast && !logical);
        switch ((Shorthand)(low >> 18 & 3))
        {
            case Shorthand.None: _bus.Deliver(message); break;
            case Shorthand.Self: Accept(message); break;
            case Shorthand.All: _bus.DeliverToAll(message, this, includeSelf: true); break;
            case Shorthand.Others: _bus.DeliverToAll(message, this, includeSelf: false); break;
        }
    }
}
