using Akka.Actor;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Pages;

namespace Tcg.Mttcg.Actors.Hosting;

// The guest's writes as a live migration or a snapshot follows them.
public sealed partial class EmulatedMachine
{
    /// <summary>
    /// The pages that vCPUs and devices stored to since the last call; the first call tells of all. Whoever copies them when this has ended misses no store that
    /// the next call does not tell of; the vCPUs run on. A machine has one such log, for one reader.
    /// </summary>
    public async Task<DirtyPages> TakeDirtyPagesAsync()
    {
        var log = new ReadDirtyLog(DirtyClient.Migration, new RamPage(0), (int)_body.Ram.EndPage.Index);
        var reply = await OrEnded(_machine.Ask<ReadDirtyLogReply>(log)).ConfigureAwait(false);
        return new DirtyPages(reply.Bits, reply.Pages);
    }

    /// <summary>A page's bytes now; vCPUs may be storing to them. Not after <see cref="Dispose"/>.</summary>
    public ReadOnlySpan<byte> PageBytes(RamPage page) => _body.Ram.Span(page.Start, PageSize.Bytes);
}
