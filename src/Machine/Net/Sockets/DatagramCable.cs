using System.Net;
using System.Net.Sockets;

namespace Tcg.Mttcg.Machine.Net.Sockets;

/// <summary>Frames over UDP, one in each datagram. What finds no room is lost, and so is what comes from anybody but the peer.</summary>
internal sealed class DatagramCable(Socket socket, IPEndPoint peer, FrameLink link)
{
    private readonly SocketAddress _peer = peer.Serialize();

    public async Task RunAsync(CancellationToken cancel) => await Task.WhenAll(SendAsync(cancel), ReceiveAsync(cancel)).ConfigureAwait(false);

    private async Task SendAsync(CancellationToken cancel)
    {
        var buffer = new byte[Frame.MaximumBytes];
        while (true)
        {
            try
            {
                var frame = await link.FromGuest.ReadAsync(cancel).ConfigureAwait(false);
                int length = frame.Bytes.Length;
                frame.Bytes.CopyTo(buffer);
                frame.Return();
                await socket.SendToAsync(buffer.AsMemory(0, length), SocketFlags.None, _peer, cancel).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                // The peer is not there (yet).
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or System.Threading.Channels.ChannelClosedException)
            {
                return;
            }
        }
    }

    private async Task ReceiveAsync(CancellationToken cancel)
    {
        var buffer = new byte[Frame.MaximumBytes + 1];
        var from = new SocketAddress(socket.AddressFamily);
        while (true)
        {
            try
            {
                int count = await socket.ReceiveFromAsync(buffer, SocketFlags.None, from, cancel).ConfigureAwait(false);
                if (count is < Frame.HeaderBytes or > Frame.MaximumBytes || !from.Equals(_peer)) continue;
                var frame = Frame.CopyOf(buffer.AsSpan(0, count));
                if (!link.ToGuest.TryWrite(frame)) frame.Return();
            }
            catch (SocketException) when (!cancel.IsCancellationRequested)
            {
                // A datagram of ours found nobody, or one of theirs was too long.
                await Task.Delay(10, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
