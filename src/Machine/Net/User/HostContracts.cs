using Tcg.Mttcg.Machine.Net.Packets;
using Tcg.Mttcg.Machine.Net.User.Tcp;

namespace Tcg.Mttcg.Machine.Net.User;

/// <summary>Where a guest's packet leads on the host.</summary>
/// <param name="IsNameServer">To the host's resolver; the endpoint is of no account.</param>
internal readonly record struct HostTarget(Ipv4Endpoint Endpoint, bool IsNameServer);

/// <summary>The host's sockets, as the network sees them. Called inside the network's lock: nothing here may wait.</summary>
internal interface IHostNetwork
{
    /// <summary>Begins to connect; <see cref="TcpConnection.HostConnected"/> or <see cref="TcpConnection.Abort"/> follows. Null when the host has no socket left.</summary>
    ITcpHost? Connect(TcpConnection connection, HostTarget target);

    /// <summary>A socket for one of the guest's UDP ports; what arrives there goes to <see cref="UdpNat.Deliver"/>.</summary>
    IUdpHost? OpenUdp(UdpFlow flow);
}

/// <summary>The host's end of a guest's UDP port. Dispose closes it.</summary>
internal interface IUdpHost : IDisposable
{
    /// <summary>May drop the datagram.</summary>
    void Send(HostTarget to, ReadOnlySpan<byte> payload);
}
