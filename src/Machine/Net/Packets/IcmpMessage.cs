namespace Tcg.Mttcg.Machine.Net.Packets;

/// <summary>ICMP (RFC 792): the eight bytes of header and the types used here.</summary>
internal static class IcmpMessage
{
    public const int HeaderBytes = 8;
    public const byte EchoReply = 0, Unreachable = 3, EchoRequest = 8;

    /// <summary>Codes of <see cref="Unreachable"/>; the last is RFC 1812's "communication administratively prohibited".</summary>
    public const byte HostUnreachable = 1, Prohibited = 13;

    /// <param name="message">The rest of the header and the payload already stand there.</param>
    public static void Write(byte type, byte code, Span<byte> message)
    {
        message[0] = type;
        message[1] = code;
        message[2] = message[3] = 0;
        InternetChecksum.Write(InternetChecksum.Add(0, message), message[2..]);
    }
}
