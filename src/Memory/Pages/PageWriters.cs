namespace Tcg.Mttcg.Memory.Pages;

/// <summary>Which vCPUs may hold a fast-write entry of a page: nobody yet, one, or any. It only ever grows.</summary>
public readonly record struct PageWriters
{
    // As kept in a page's word: 0 is nobody, the largest value any, everything between a vCPU's index and one.
    private const byte AnyMark = byte.MaxValue;

    private readonly byte _mark;

    internal PageWriters(byte mark) => _mark = mark;

    public static PageWriters None => default;
    public static PageWriters Any => new(AnyMark);

    /// <summary>One vCPU; from the 255th on, which a mark cannot name, any.</summary>
    public static PageWriters Only(int cpu) => new((byte)Math.Min(cpu + 1, AnyMark));

    public bool IsNone => _mark == 0;

    public bool Includes(int cpu) => _mark == AnyMark || _mark == cpu + 1;

    /// <summary>These and one more.</summary>
    public PageWriters With(int cpu) => IsNone ? Only(cpu) : Includes(cpu) ? this : Any;

    internal byte Mark => _mark;
}
