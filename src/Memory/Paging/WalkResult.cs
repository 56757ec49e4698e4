namespace Tcg.Mttcg.Memory.Paging;

/// <summary>The outcome of a page walk: a translation or a page fault.</summary>
public readonly record struct WalkResult
{
    /// <summary>The physical address of the byte that was asked for.</summary>
    public GuestPhysical Physical { get; init; }

    /// <summary>log2 of the page's bytes: 12, 21, 22 or 30.</summary>
    public byte PageShift { get; init; }

    /// <summary>Rights of the privilege view that walked.</summary>
    public PageRights Rights { get; init; }

    public PageAttributes Attributes { get; init; }

    /// <summary>Protection key of a user page, 0 to 15.</summary>
    public byte ProtectionKey { get; init; }

    /// <summary>The #PF error code when <see cref="IsFault"/>.</summary>
    public PageFaultBits ErrorCode { get; init; }

    /// <summary>A page fault: only <see cref="ErrorCode"/> is meaningful. A translation has at least one right.</summary>
    public bool IsFault => Rights == PageRights.None;

    public bool IsGlobal => (Attributes & PageAttributes.Global) != 0;

    /// <summary>
    /// The same translation for reading only: filling it keeps the page free of fast writers until the guest really writes, which spares a
    /// broadcast when code is translated from the page.
    /// </summary>
    public WalkResult WithoutWrite() => this with { Rights = Rights & ~PageRights.Write };

    public static WalkResult Fault(PageFaultBits code) => new() { ErrorCode = code };

    /// <summary>The translation without paging: everything is allowed.</summary>
    public static WalkResult Identity(GuestPhysical address) => new()
    {
        Physical = address,
        PageShift = PageSize.Shift,
        Rights = PageRights.All,
        Attributes = PageAttributes.Writable | PageAttributes.User | PageAttributes.Dirty,
    };
}
