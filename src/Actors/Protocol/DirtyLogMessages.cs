using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Pages;

namespace Tcg.Mttcg.Actors.Protocol;

/// <summary>
/// To the memory actor: which of these pages were stored to since the client last asked. What is copied of them after the answer misses no store that the
/// next log does not tell of.
/// </summary>
/// <param name="Client">Has one reader: what one takes another does not see.</param>
public sealed record ReadDirtyLog(DirtyClient Client, RamPage First, int Count) : IMemoryRequest;

/// <param name="Bits">One bit a page, from bit 0 of word 0 on.</param>
/// <param name="Pages">How many are set.</param>
public sealed record ReadDirtyLogReply(ulong[] Bits, int Pages);
