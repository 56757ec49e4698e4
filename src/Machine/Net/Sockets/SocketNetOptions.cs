using System.Net;

namespace Tcg.Mttcg.Machine.Net.Sockets;

public enum SocketNetMode { Listen, Connect, Udp }

/// <summary>The cable of <c>-netdev socket</c>: frames to another machine's card, ours or QEMU's.</summary>
/// <param name="Address">Where to listen; for the other modes, the peer.</param>
/// <param name="Local">For UDP: where the peer's datagrams arrive.</param>
public sealed record SocketNetOptions(SocketNetMode Mode, IPEndPoint Address, IPEndPoint? Local = null);
