using Tcg.Mttcg.Machine.Net;

namespace Tcg.Mttcg.Machine.Tests.Net;

public class FrameLinkTests
{
    [Fact]
    public void A_frame_arrives_with_its_bytes_and_its_length()
    {
        var link = new FrameLink();
        Assert.True(link.ToGuest.TryWrite(Frame.CopyOf([1, 2, 3])));
        Assert.True(link.Arriving.TryRead(out var frame));
        Assert.Equal([1, 2, 3], frame.Bytes.ToArray());
        frame.Return();
    }

    [Fact]
    public async Task A_full_link_refuses_frames_until_one_is_taken()
    {
        var link = new FrameLink();
        for (int i = 0; i < FrameLink.Capacity; i++) Assert.True(link.Leaving.TryWrite(Frame.Rent(60)));
        Assert.False(link.Leaving.TryWrite(Frame.Rent(60)));
        var room = link.Leaving.WaitToWriteAsync().AsTask();
        Assert.False(room.IsCompleted);
        Assert.True(link.FromGuest.TryRead(out _));
        Assert.True(await room);
    }

    [Fact]
    public void A_pulled_cable_is_told_once()
    {
        var link = new FrameLink();
        int told = 0;
        link.StateChanged += () => told++;
        link.IsUp = false;
        link.IsUp = false;
        Assert.Equal(1, told);
    }

    [Fact]
    public void Frames_of_impossible_lengths_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Frame.Rent(Frame.MaximumBytes + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Frame.Rent(-1));
    }
}
