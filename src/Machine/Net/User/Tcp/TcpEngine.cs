using Tcg.Mttcg.Machine.Net.Packets;

namespace Tcg.Mttcg.Machine.Net.User.Tcp;

/// <summary>All TCP connections of a network. Every call comes from one thread at a time and is followed by <see cref="Flush"/>.</summary>
/// <param name="random">Initial sequence numbers.</param>
/// <param name="connect">Starts the host's connect for a guest's SYN; null refuses it.</param>
internal sealed class TcpEngine(TcpLimits limits, ITcpWire wire, Random random, Func<TcpConnection, ITcpHost?> connect)
{
    private readonly Dictionary<TcpPath, TcpConnection> _connections = [];
    private readonly Queue<TcpConnection> _queue = [];

    public TcpLimits Limits => limits;

    public ITcpWire Wire => wire;

    /// <summary>Milliseconds of a monotonic clock.</summary>
    public long Now { get; set; }

    /// <summary>Nothing happens by itself before; may be too early.</summary>
    public long Deadline { get; private set; } = long.MaxValue;

    public int Count => _connections.Count;

    /// <summary>After a <see cref="Flush"/>: segments wait for the wire.</summary>
    public bool IsBlocked => _queue.Count > 0;

    public void Receive(in TcpPath path, in TcpHeader header, ReadOnlySpan<byte> payload)
    {
        if (_connections.TryGetValue(path, out var connection))
        {
            bool reopens = connection.State == TcpState.TimeWait && header.Has(TcpFlags.Syn) && !header.Has(TcpFlags.Ack | TcpFlags.Rst);
            if (!reopens)
            {
                connection.Receive(header, payload);
                return;
            }
            connection.Forget();
        }
        if (header.Has(TcpFlags.Rst)) return;
        if (header.Flags.HasFlag(TcpFlags.Syn) && !header.Has(TcpFlags.Ack | TcpFlags.Fin)) Accept(path, header);
        else SendReset(path, header, payload.Length);
    }

    private void Accept(in TcpPath path, in TcpHeader syn)
    {
        if (!MakeRoom())
        {
            SendReset(path, syn, 0);
            return;
        }
        var connection = new TcpConnection(this, path, NewSequence());
        connection.Accept(syn);
        if (connect(connection) is not { } host)
        {
            SendReset(path, syn, 0);
            return;
        }
        connection.Host = host;
        _connections.Add(path, connection);
    }

    /// <summary>Opens a connection to a listener in the guest.</summary>
    /// <returns>Null when the path is in use or there are too many connections.</returns>
    public TcpConnection? Open(in TcpPath path, Func<TcpConnection, ITcpHost> host)
    {
        if (_connections.ContainsKey(path) || !MakeRoom()) return null;
        var connection = new TcpConnection(this, path, NewSequence());
        connection.Host = host(connection);
        _connections.Add(path, connection);
        connection.Open();
        return connection;
    }

    /// <summary>Fires what is due.</summary>
    public void Expire()
    {
        if (Now < Deadline) return;
        Deadline = long.MaxValue;
        foreach (var connection in _connections.Values.ToArray())
        {
            if (connection.Deadline <= Now) connection.Expire();
            NoteDeadline(connection.Deadline);
        }
    }

    /// <summary>Sends what waits, a turn for each connection, until the wire is full or nothing is left.</summary>
    public void Flush()
    {
        while (_queue.Count > 0 && wire.HasRoom)
        {
            var connection = _queue.Dequeue();
            connection.IsQueued = false;
            if (connection.Output()) Enqueue(connection);
        }
    }

    public void AbortAll()
    {
        foreach (var connection in _connections.Values.ToArray()) connection.Abort();
    }

    public void Enqueue(TcpConnection connection)
    {
        if (connection.IsQueued) return;
        connection.IsQueued = true;
        _queue.Enqueue(connection);
    }

    public void NoteDeadline(long deadline) => Deadline = Math.Min(Deadline, deadline);

    public void Remove(TcpConnection connection)
    {
        if (_connections.TryGetValue(connection.Path, out var known) && known == connection) _connections.Remove(connection.Path);
    }

    /// <summary>Answers a segment that belongs to no connection (RFC 9293 3.5.2).</summary>
    public void SendReset(in TcpPath path, in TcpHeader to, int payload)
    {
        uint length = (uint)payload + (to.Has(TcpFlags.Syn) ? 1u : 0) + (to.Has(TcpFlags.Fin) ? 1u : 0);
        var header = to.Has(TcpFlags.Ack)
            ? new TcpHeader(path.Remote.Port, path.Guest.Port, to.Acknowledgment, 0, TcpFlags.Rst, 0)
            : new TcpHeader(path.Remote.Port, path.Guest.Port, 0, to.Sequence + length, TcpFlags.Rst | TcpFlags.Ack, 0);
        wire.Send(path, header, default, default);
    }

    private bool MakeRoom()
    {
        if (_connections.Count < limits.Connections) return true;
        if (_connections.Values.FirstOrDefault(c => c.State == TcpState.TimeWait) is not { } old) return false;
        old.Forget();
        return true;
    }

    private uint NewSequence() => (uint)random.NextInt64(1L << 32);
}
