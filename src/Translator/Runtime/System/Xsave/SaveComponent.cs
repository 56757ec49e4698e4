namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>A state component behind the XSAVE header (SDM 1 13.4.3). Its initial state is all zeros.</summary>
/// <param name="offset">In an area of standard format. Compacted areas hold components back to back in order of number; none of ours asks for alignment.</param>
internal readonly unsafe struct SaveComponent(
    int number, uint offset, uint bytes,
    delegate*<Cpu, bool> inUse, delegate*<Cpu, Span<byte>, void> write, delegate*<Cpu, ReadOnlySpan<byte>, void> read)
{
    /// <summary>XMM state holds AVX state's lower halves, so only the upper ones are component 2.</summary>
    public static ReadOnlySpan<SaveComponent> All => Table;

    private static readonly SaveComponent[] Table =
    [
        new(2, SaveLayout.AvxOffset,  SaveLayout.AvxBytes,  &SaveArea.UpperInUse, &SaveArea.WriteUpper, &SaveArea.ReadUpper),
        new(9, SaveLayout.PkruOffset, SaveLayout.PkruBytes, &SaveArea.PkruInUse,  &SaveArea.WritePkru,  &SaveArea.ReadPkru),
    ];

    /// <summary>The one bit in XCR0 and in the header.</summary>
    public ulong Bit => 1UL << number;
    public uint Number => (uint)number;
    public uint Offset { get; } = offset;
    public uint Bytes { get; } = bytes;
    public delegate*<Cpu, bool> InUse { get; } = inUse;
    public delegate*<Cpu, Span<byte>, void> Write { get; } = write;
    public delegate*<Cpu, ReadOnlySpan<byte>, void> Read { get; } = read;

    /// <summary>XINUSE (SDM 1 13.6): the components that are not in their initial state.</summary>
    public static ulong InUseMask(Cpu cpu)
    {
        var mask = (SaveArea.X87InUse(cpu) ? Xcr0.X87 : 0) | (SaveArea.XmmInUse(cpu) ? Xcr0.Sse : 0);
        foreach (var component in Table)
            if (component.InUse(cpu)) mask |= component.Bit;
        return mask;
    }

    /// <summary>Where the component lies. <paramref name="compacted"/>: the components that the compacted area has room for; 0: standard format.</summary>
    public uint OffsetIn(ulong compacted)
    {
        if (compacted == 0) return Offset;
        var at = SaveLayout.Extended;
        foreach (var component in Table)
            if (component.Number < Number && (compacted & component.Bit) != 0) at += component.Bytes;
        return at;
    }

    /// <summary>Bytes of an area for these components.</summary>
    public static uint SizeFor(ulong components, bool compacted)
    {
        var size = SaveLayout.Extended;
        foreach (var component in Table)
            if ((components & component.Bit) != 0) size = Math.Max(size, component.OffsetIn(compacted ? components : 0) + component.Bytes);
        return size;
    }
}
