using System.Net;
using System.Net.Sockets;
using Tcg.Mttcg.Machine.Net.User.Tcp;

namespace Tcg.Mttcg.Machine.Net.User.Host;

/// <summary>
/// Carries bytes between a guest's connection and a socket of the host, a task for each direction. The socket reads into and writes from the connection's own buffers; while
/// they are full or empty the task sleeps, so a slow end slows the other down.
/// </summary>
internal sealed class SocketTcp(NetworkLoop loop, TcpConnection connection, Socket socket) : ITcpHost
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Signal _data = new(), _room = new();

    public void DataReady() => _data.Set();

    public void RoomReady() => _room.Set();

    // Not here and now: whoever waits for a cancellation would go on inside the network's lock.
    public void Closed(bool reset)
    {
        if (reset) _ = _stop.CancelAsync();
    }

    /// <summary>Connects, then carries.</summary>
    public async Task ConnectAsync(EndPoint target)
    {
        try
        {
            await socket.ConnectAsync(target, _stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (IsEnd(e))
        {
            using (loop.Enter()) connection.Abort();
            socket.Dispose();
            return;
        }
        using (loop.Enter()) connection.HostConnected();
        await CarryAsync().ConfigureAwait(false);
    }

    /// <summary>Ends when both directions have ended, or with a reset on both sides.</summary>
    public async Task CarryAsync()
    {
        socket.NoDelay = true;
        bool[] whole = await Task.WhenAll(Guarded(FromGuestAsync()), Guarded(ToGuestAsync())).ConfigureAwait(false);
        if (whole.Contains(false))
        {
            using (loop.Enter()) connection.Abort();
            // Closing now sends a reset.
            socket.LingerState = new LingerOption(true, 0);
        }
        socket.Dispose();
    }

    private async Task<bool> Guarded(Task direction)
    {
        bool whole = false;
        try
        {
            await direction.ConfigureAwait(false);
            whole = true;
        }
        catch (Exception e) when (IsEnd(e))
        {
        }
        finally
        {
            // The other direction is of no use any more.
            if (!whole) await _stop.CancelAsync().ConfigureAwait(false);
        }
        return whole;
    }

    private static bool IsEnd(Exception e) => e is SocketException or OperationCanceledException or ObjectDisposedException;

    private async Task FromGuestAsync()
    {
        while (true)
        {
            ReadOnlyMemory<byte> data;
            bool finished;
            using (loop.Enter()) (data, finished) = (connection.Received, connection.GuestFinished);
            if (!data.IsEmpty)
            {
                int sent = await socket.SendAsync(data, _stop.Token).ConfigureAwait(false);
                using (loop.Enter()) connection.Consume(sent);
            }
            else if (finished)
            {
                socket.Shutdown(SocketShutdown.Send);
                return;
            }
            else await _data.WaitAsync(_stop.Token).ConfigureAwait(false);
        }
    }

    private async Task ToGuestAsync()
    {
        while (true)
        {
            Memory<byte> room;
            using (loop.Enter()) room = connection.RoomForGuest;
            if (room.IsEmpty)
            {
                await _room.WaitAsync(_stop.Token).ConfigureAwait(false);
                continue;
            }
            int count = await socket.ReceiveAsync(room, _stop.Token).ConfigureAwait(false);
            using (loop.Enter())
            {
                if (count > 0) connection.Commit(count);
                else connection.HostFinished();
            }
            if (count == 0) return;
        }
    }
}
