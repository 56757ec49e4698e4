using Tcg.Mttcg.Machine.Net.User.Tcp;

namespace Tcg.Mttcg.Machine.Tests.Net.User;

/// <summary>Our TCP against itself over links that misbehave: every byte arrives once, in order, and both ends know of the end.</summary>
public sealed class TcpPairTests
{
    private const long Hour = 3_600_000;

    private static byte[] Bytes(int seed, int count)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0.05, 0, 0)]
    [InlineData(0, 0.2, 0)]
    [InlineData(0, 0, 0.2)]
    [InlineData(0.1, 0.1, 0.1)]
    [InlineData(0.25, 0.1, 0.1)]
    public void Both_directions_arrive_whole_over_a_link_that_loses_repeats_and_reorders(double loss, double duplicate, double reorder)
    {
        for (int seed = 0; seed < 15; seed++)
        {
            byte[] up = Bytes(seed, 150_000 + seed), down = Bytes(~seed, 60_000 + 7 * seed);
            var pair = new TcpPair(seed, new LinkFaults(loss, duplicate, reorder), up, down);
            pair.Run(Hour);
            Assert.Equal(up, pair.Server!.Received);
            Assert.Equal(down, pair.Client.Received);
            Assert.True(pair.Client.SawEnd && pair.Server.SawEnd, $"seed {seed}: an end was not seen");
            Assert.Equal(0, pair.Connections);
        }
    }

    [Fact]
    public void A_clean_link_needs_no_retransmission_and_uses_full_segments()
    {
        var pair = new TcpPair(1, new LinkFaults(), Bytes(1, 1_460_000), []);
        pair.Run(Hour);
        Assert.Equal(1_460_000, pair.Server!.Received.Count);
        Assert.Equal(1460, pair.LargestSegment);
        // 1000 full segments, at most one acknowledgment each, and the handshakes.
        Assert.InRange(pair.Segments, 1000, 2100);
    }

    [Fact]
    public void A_reader_that_stops_closes_the_window_and_one_that_goes_on_loses_nothing()
    {
        var up = Bytes(2, 1_000_000);
        var pair = new TcpPair(2, new LinkFaults(Loss: 0.02), up, []);
        pair.Run(10);
        pair.Server!.Appetite = 0;
        pair.Run(200_000);
        // Both buffers are full; probes go on.
        Assert.InRange(pair.Server.Received.Count, 0, 300_000);
        Assert.Null(pair.Client.ClosedByReset);
        int before = pair.Segments;
        pair.Run(400_000);
        Assert.InRange(pair.Segments - before, 2, 20);
        pair.Server.Appetite = int.MaxValue;
        pair.Run(Hour);
        Assert.Equal(up, pair.Server.Received);
    }

    [Fact]
    public void A_slow_reader_gets_no_crumbs()
    {
        var pair = new TcpPair(3, new LinkFaults(), Bytes(3, 400_000), []);
        pair.Run(5);
        pair.Server!.Appetite = 100;
        pair.Run(Hour);
        pair.Server.Appetite = int.MaxValue;
        pair.Run(2 * Hour);
        Assert.Equal(400_000, pair.Server.Received.Count);
        Assert.InRange(pair.Segments, 280, 1200);
    }

    [Fact]
    public void A_dead_link_ends_the_connection_with_a_reset_after_bounded_tries()
    {
        var pair = new TcpPair(4, new LinkFaults(Loss: 1), Bytes(4, 10), []);
        pair.Run(Hour);
        Assert.True(pair.Client.ClosedByReset);
        Assert.Equal(new TcpLimits().SynRetries + 2, pair.Segments);
        Assert.InRange(pair.Now, 100_000, 200_000);
    }

    [Fact]
    public void An_abort_at_one_end_is_a_reset_at_the_other()
    {
        var pair = new TcpPair(5, new LinkFaults(), Bytes(5, 1_000_000), []);
        pair.Run(20);
        pair.Server!.Connection.Abort();
        pair.Run(100);
        Assert.True(pair.Client.ClosedByReset);
        Assert.Equal(0, pair.Connections);
    }

    [Fact]
    public void A_silent_peer_is_asked_for_a_sign_of_life()
    {
        var pair = new TcpPair(6, new LinkFaults(), [], []);
        pair.Run(100);
        int before = pair.Segments;
        pair.Run(10 * Hour);
        // Two connections, a question and an answer each two hours; the answer counts as a sign of life for the other.
        Assert.InRange(pair.Segments - before, 8, 24);
        Assert.Null(pair.Client.ClosedByReset);
        Assert.Equal(2, pair.Connections);
    }
}
