using Tcg.Mttcg.Machine.Boards;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Cli.Options;

/// <summary>
/// <c>-smp N</c> or <c>-smp cpus=N,sockets=S,cores=C,threads=T,maxcpus=M</c>, as QEMU 6.2 and later take it: what is left out is filled in, cores before
/// sockets; places beyond N (maxcpus) count for the topology and stay empty.
/// </summary>
public static class SmpOption
{
    /// <exception cref="UsageException"/>
    public static CpuTopology Parse(string text)
    {
        const int most = BoardOptions.MaximumCpus;
        var list = new PropertyList("-smp", "smp," + (text.Split(',')[0].Contains('=') ? text : "cpus=" + text));
        long Take(string key) => list.TakeNumber(key, 0, 1, most);
        long cpus = Take("cpus"), sockets = Take("sockets"), cores = Take("cores"), threads = Take("threads"), places = Take("maxcpus");
        list.Finish();

        if (places == 0) places = cpus;
        if (places == 0) places = Math.Max(sockets, 1) * Math.Max(cores, 1) * Math.Max(threads, 1);
        if (cores == 0) (sockets, threads) = (Math.Max(sockets, 1), Math.Max(threads, 1));
        else if (sockets == 0) threads = Math.Max(threads, 1);
        if (cores == 0) cores = places / (sockets * threads);
        else if (sockets == 0) sockets = places / (cores * threads);
        else if (threads == 0) threads = places / (sockets * cores);
        if (cpus == 0) cpus = places;

        if (sockets * cores * threads != places)
            throw new UsageException($"-smp {text}: {sockets} sockets of {cores} cores of {threads} threads are {sockets * cores * threads} processors, not {places}");
        if (cpus > places) throw new UsageException($"-smp {text}: {cpus} processors, but maxcpus={places}");
        if (places > most) throw new UsageException($"-smp {text}: at most {most} processors");
        return new CpuTopology((int)cpus, (int)sockets, (int)cores, (int)threads);
    }
}
