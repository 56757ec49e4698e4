using Tcg.Mttcg.Machine.Storage;
using Tcg.Mttcg.Machine.Tests.Support;

namespace Tcg.Mttcg.Machine.Tests.Storage;

public class BlockBackEndTests
{
    [Fact]
    public void Requests_run_in_order_while_the_caller_goes_on_and_the_image_is_flushed_and_closed_at_the_end()
    {
        var image = new MemoryImage(4096);
        var order = new List<int>();
        using var held = new ManualResetEventSlim();
        var backEnd = new BlockBackEnd(image);
        backEnd.Submit(new Request(_ => held.Wait()));
        for (int i = 0; i < 100; i++)
        {
            int number = i;
            backEnd.Submit(new Request(_ => order.Add(number)));
        }
        Assert.Empty(order);
        held.Set();
        backEnd.Dispose();
        Assert.Equal(Enumerable.Range(0, 100), order);
        Assert.Equal(["flush", "close"], image.Calls);
        backEnd.Submit(new Request(_ => order.Clear()));
        Assert.Equal(100, order.Count);
    }

    private sealed class Request(Action<IDiskImage> run) : IBlockRequest
    {
        public void Run(IDiskImage image, Span<byte> buffer) => run(image);
    }
}
