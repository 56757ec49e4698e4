using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Guests.Tests.CommandLines;

public class SmpTests
{
    [Theory]
    //            text                              processors, sockets, cores, threads
    [InlineData("4",                                4, 1, 4, 1)]
    [InlineData("cpus=4",                           4, 1, 4, 1)]
    [InlineData("8,sockets=2",                      8, 2, 4, 1)]
    [InlineData("8,cores=2",                        8, 4, 2, 1)]
    [InlineData("8,threads=2",                      8, 1, 4, 2)]
    [InlineData("8,cores=2,threads=2",              8, 2, 2, 2)]
    [InlineData("8,sockets=2,cores=2",              8, 2, 2, 2)]
    [InlineData("8,sockets=2,cores=2,threads=2",    8, 2, 2, 2)]
    [InlineData("sockets=2,cores=3",                6, 2, 3, 1)]
    [InlineData("threads=2",                        2, 1, 1, 2)]
    [InlineData("3,maxcpus=8,sockets=2,threads=2",  3, 2, 2, 2)]
    [InlineData("maxcpus=6",                        6, 1, 6, 1)]
    public void What_is_left_out_is_filled_in_cores_first(string text, int processors, int sockets, int cores, int threads) =>
        Assert.Equal(new CpuTopology(processors, sockets, cores, threads), SmpOption.Parse(text));
}
