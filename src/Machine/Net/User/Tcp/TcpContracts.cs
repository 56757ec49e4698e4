using Tcg.Mttcg.Machine.Net.Packets;

namespace Tcg.Mttcg.Machine.Net.User.Tcp;

/// <summary>The two ends of a connection as the guest's packets name them.</summary>
/// <param name="Guest">The guest's end.</param>
/// <param name="Remote">The end that we play.</param>
internal readonly record struct TcpPath(Ipv4Endpoint Guest, Ipv4Endpoint Remote);

/// <summary>Where segments for the guest go.</summary>
internal interface ITcpWire
{
    /// <summary>False while the guest does not take its frames; segments wait then.</summary>
    bool HasRoom { get; }

    /// <param name="first">Payload, in two pieces.</param>
    /// <param name="second">May be empty.</param>
    void Send(in TcpPath path, in TcpHeader header, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second);
}

/// <summary>The host's end of a connection. Called inside the network's lock, so implementations only leave a note for their own tasks.</summary>
internal interface ITcpHost
{
    /// <summary><see cref="TcpConnection.Received"/> grew or <see cref="TcpConnection.GuestFinished"/> became true.</summary>
    void DataReady();

    /// <summary><see cref="TcpConnection.RoomForGuest"/> grew.</summary>
    void RoomReady();

    /// <summary>The connection is over. Nothing else is called afterwards.</summary>
    /// <param name="reset">Not in order: the host's peer should see a reset as well.</param>
    void Closed(bool reset);
}

/// <summary>Sizes and times of the TCP engine; times are milliseconds.</summary>
internal sealed record TcpLimits
{
    /// <summary>Connections in all states.</summary>
    public int Connections { get; init; } = 512;

    /// <summary>Bytes buffered in each direction of a connection, at most 1 MiB.</summary>
    public int BufferBytes { get; init; } = 128 << 10;

    /// <summary>Largest payload that we announce and send.</summary>
    public ushort Mss { get; init; } = 1460;
    public long FirstTimeout { get; init; } = 1000;
    public long LeastTimeout { get; init; } = 200;
    public long MostTimeout { get; init; } = 60_000;

    /// <summary>Unanswered SYNs before giving up: a guest that still boots may take a minute.</summary>
    public int SynRetries { get; init; } = 6;
    public int DataRetries { get; init; } = 12;

    /// <summary>Long enough for a repeated FIN. The link is in this process, so no old segment can be on its way.</summary>
    public long TimeWait { get; init; } = 5_000;

    /// <summary>Silence after which a guest is asked whether it is still there (RFC 1122 4.2.3.6), and how long it has to answer.</summary>
    public long KeepAliveIdle { get; init; } = 7_200_000;
    public long KeepAliveTimeout { get; init; } = 75_000;
}
