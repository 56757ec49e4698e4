namespace Tcg.Mttcg.Translator.Cache;

/// <summary>
/// Where translated code may be left in the middle: for each helper call, the offset of its return address from the TB's head and the guest
/// instruction it belongs to. Encoded as pairs of LEB128 deltas; guest flags, registers and vector state are already exact in
/// <see cref="Runtime.CpuState"/> at such points, so RIP is all there is to find.
/// </summary>
public static class UnwindTable
{
    /// <summary>Appends one point. Host offsets must not decrease; guest offsets (from the TB's first byte) may go back.</summary>
    public static void Add(List<byte> table, ref int lastHost, ref int lastGuest, int hostOffset, int guestOffset)
    {
        WriteUnsigned(table, (uint)(hostOffset - lastHost));
        var delta = guestOffset - lastGuest;
        WriteUnsigned(table, (uint)((delta << 1) ^ (delta >> 31)));
        lastHost = hostOffset;
        lastGuest = guestOffset;
    }

    /// <summary>The guest offset recorded for exactly this host offset; -1: no such point.</summary>
    public static int Find(ReadOnlySpan<byte> table, int hostOffset)
    {
        int position = 0, host = 0, guest = 0;
        while (position < table.Length)
        {
            host += (int)ReadUnsigned(table, ref position);
            var zigzag = ReadUnsigned(table, ref position);
            guest += (int)(zigzag >> 1) ^ -(int)(zigzag & 1);
            if (host == hostOffset) return guest;
        }
        return -1;
    }

    private static void WriteUnsigned(List<byte> table, uint value)
    {
        for (; value >= 0x80; value >>= 7) table.Add((byte)(value | 0x80));
        table.Add((byte)value);
    }

    private static uint ReadUnsigned(ReadOnlySpan<byte> table, ref int position)
    {
        uint value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var b = table[position++];
            value |= (uint)(b & 0x7f) << shift;
            if (b < 0x80) return value;
        }
    }
}
