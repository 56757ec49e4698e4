namespace Tcg.Mttcg.Machine.Serial;

/// <summary>Register bits of the 16550A (National Semiconductor PC16550D data sheet).</summary>
internal static class UartBits
{
    public const byte IerReceived = 0x01, IerTransmitterEmpty = 0x02, IerLineStatus = 0x04, IerModemStatus = 0x08;

    public const byte IirNone = 0x01, IirModemStatus = 0x00, IirTransmitterEmpty = 0x02, IirReceived = 0x04, IirLineStatus = 0x06,
        IirTimeout = 0x0c, IirFifosEnabled = 0xc0;

    public const byte FcrEnable = 0x01, FcrClearReceiver = 0x02, FcrClearTransmitter = 0x04;

    public const byte LcrBreak = 0x40, LcrDivisorLatch = 0x80;

    public const byte McrDtr = 0x01, McrRts = 0x02, McrOut1 = 0x04, McrOut2 = 0x08, McrLoopback = 0x10, McrMask = 0x1f;

    public const byte LsrDataReady = 0x01, LsrOverrun = 0x02, LsrBreak = 0x10, LsrTransmitterHoldingEmpty = 0x20, LsrTransmitterEmpty = 0x40;

    public const byte MsrDeltaMask = 0x0f, MsrTrailingRing = 0x04, MsrCts = 0x10, MsrDsr = 0x20, MsrRing = 0x40, MsrCarrier = 0x80;
}
