using System.Collections;
using Tcg.Mttcg.Machine.Net.Packets;

namespace Tcg.Mttcg.Machine.Net.User;

/// <summary>
/// Puts fragmented datagrams together (RFC 791 3.2). A fragment that overlaps another ends its whole datagram: no honest sender makes such, and attacks live on how
/// they are resolved (RFC 5722 for IPv6).
/// </summary>
internal sealed class Reassembly(NetworkLimits limits)
{
    private const int UnitBytes = 8, Units = (ushort.MaxValue + 1) / UnitBytes;

    private readonly record struct Key(Ipv4Address Source, Ipv4Address Destination, IpProtocol Protocol, ushort Identification);

    private sealed class Datagram(long deadline)
    {
        public readonly long Deadline = deadline;
        public readonly byte[] Bytes = GC.AllocateUninitializedArray<byte>(ushort.MaxValue + 1);
        public readonly BitArray Seen = new(Units);
        public int SeenUnits;

        /// <summary>-1 until the last fragment came.</summary>
        public int Length = -1;
    }

    private readonly Dictionary<Key, Datagram> _datagrams = [];

    public int Count => _datagrams.Count;

    /// <summary>True when this was the last missing fragment: the header and payload are the whole datagram's then, valid until the next call.</summary>
    public bool TryComplete(ref Ipv4Header header, ref ReadOnlySpan<byte> payload, long now)
    {
        Expire(now);
        var key = new Key(header.Source, header.Destination, header.Protocol, header.Identification);
        if (!_datagrams.TryGetValue(key, out var datagram))
        {
            if (_datagrams.Count >= limits.Reassemblies) return false;
            _datagrams.Add(key, datagram = new Datagram(now + limits.ReassemblyTime));
        }
        if (!TryAdd(datagram, header, payload))
        {
            _datagrams.Remove(key);
            return false;
        }
        if (datagram.Length < 0 || datagram.SeenUnits != UnitsOf(datagram.Length)) return false;
        _datagrams.Remove(key);
        header = header with { MoreFragments = false, FragmentOffset = 0, PayloadBytes = datagram.Length };
        payload = datagram.Bytes.AsSpan(0, datagram.Length);
        return true;
    }

    private static bool TryAdd(Datagram datagram, in Ipv4Header header, ReadOnlySpan<byte> payload)
    {
        int at = header.FragmentOffset, end = at + payload.Length;
        if (end > Ipv4Header.LargestPayload || payload.IsEmpty) return false;
        if (header.MoreFragments ? payload.Length % UnitBytes != 0 : datagram.Length >= 0) return false;
        if (datagram.Length >= 0 && end > datagram.Length) return false;
        for (int unit = at / UnitBytes; unit < UnitsOf(end); unit++)
        {
            if (datagram.Seen[unit]) return false;
            datagram.Seen[unit] = true;
            datagram.SeenUnits++;
        }
        if (!header.MoreFragments) datagram.Length = end;
        payload.CopyTo(datagram.Bytes.AsSpan(at));
        return true;
    }

    private void Expire(long now)
    {
        foreach (var (key, datagram) in _datagrams)
        {
            if (datagram.Deadline <= now) _datagrams.Remove(key);
        }
    }

    private static int UnitsOf(int bytes) => (bytes + UnitBytes - 1) / UnitBytes;
}
