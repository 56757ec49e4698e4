using Tcg.Mttcg.Machine.Net.User.Tcp;

namespace Tcg.Mttcg.Machine.Net.User;

/// <summary>What one guest may take of the host. Times are milliseconds.</summary>
internal sealed record NetworkLimits
{
    public TcpLimits Tcp { get; init; } = new();

    /// <summary>UDP ports of the guest that talk to the outside at a time; the one silent for longest gives way.</summary>
    public int UdpFlows { get; init; } = 256;

    /// <summary>Silence after which a UDP port of the guest is forgotten; name server requests need it for less long.</summary>
    public long UdpIdle { get; init; } = 240_000;
    public long DnsIdle { get; init; } = 10_000;

    /// <summary>Datagrams of which fragments are missing, and how long they wait (RFC 791 3.2).</summary>
    public int Reassemblies { get; init; } = 16;
    public long ReassemblyTime { get; init; } = 15_000;

    /// <summary>Guest addresses whose Ethernet address is remembered.</summary>
    public int Neighbours { get; init; } = 64;
}
