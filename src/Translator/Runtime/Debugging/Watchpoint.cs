using Tcg.Mttcg.Memory;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Kinds of access to data.</summary>
[Flags]
public enum WatchKind : byte
{
    Read = 1,
    Write = 2,
    Access = Read | Write,
}

/// <summary>Bytes that the emulator's user watches, by linear address, in every address space.</summary>
/// <param name="Length">In bytes, from 1 on.</param>
public readonly record struct Watchpoint(GuestVirtual Start, int Length, WatchKind Kind)
{
    /// <summary>Whether an access touches it; <paramref name="at"/> is the first byte of it that is touched.</summary>
    internal bool Meets(GuestVirtual address, int bytes, WatchKind access, out GuestVirtual at)
    {
        var isBehind = address.Value >= Start.Value;
        at = isBehind ? address : Start;
        return (Kind & access) != 0 && (isBehind ? address.Value - Start.Value < (uint)Length : Start.Value - address.Value < (uint)bytes);
    }

    internal bool Touches(ulong page) => Start.PageBase <= page && page <= new GuestVirtual(Start.Value + (uint)Length - 1).PageBase;
}
