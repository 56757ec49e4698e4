namespace Tcg.Mttcg.Memory.Paging;

/// <summary>What one privilege view may do with a page right now. Write is absent while the page's dirty bit is clear.</summary>
[Flags]
public enum PageRights : byte
{
    None = 0,
    Read = 1,
    Write = 2,
    Execute = 4,
    All = Read | Write | Execute,
}

/// <summary>What the paging structures say about a page, all levels combined.</summary>
[Flags]
public enum PageAttributes : byte
{
    None = 0,
    /// <summary>R/W is set at every level.</summary>
    Writable = 1,
    /// <summary>U/S is set at every level: a user-mode address.</summary>
    User = 2,
    /// <summary>XD is set at some level.</summary>
    NoExecute = 4,
    /// <summary>G is set in the leaf and CR4.PGE is on.</summary>
    Global = 8,
    /// <summary>D is set in the leaf.</summary>
    Dirty = 16,
}

/// <summary>Bits of the #PF error code (SDM 3A 4.7).</summary>
[Flags]
public enum PageFaultBits : uint
{
    None = 0,
    Present = 1,
    Write = 2,
    User = 4,
    Reserved = 8,
    Instruction = 16,
    ProtectionKey = 32,
}
