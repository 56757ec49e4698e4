using Akka.Actor;
using Akka.Dispatch.MessageQueues;
using Tcg.Mttcg.Actors.Mailboxes;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Actors.Vcpu;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Actors.Tests.Mailboxes;

public unsafe class KickQueueTests
{
    // Requests that a quiescent vCPU may sleep through.
    private const int Patience = 256;
    private static readonly CodeRegion Region = new(3, null, null, 65536, 60000);

    private readonly VcpuDoor _door = new(0);
    private readonly KickQueue _queue;

    public KickQueueTests() => _queue = new KickQueue(_door);

    private void Put(object message) => _queue.Enqueue(ActorRefs.Nobody, new Envelope(message, ActorRefs.NoSender));

    private static RevokeWrite Access(int ticket) => new(new RamPage(1), ticket);

    private List<object> TakeAll()
    {
        var all = new List<object>();
        while (_queue.TryDequeue(out var envelope)) all.Add(envelope.Message);
        return all;
    }

    [Fact]
    public void A_running_vcpu_is_kicked_by_the_first_request_of_either_kind()
    {
        Put(Access(1));
        Assert.True(_door.TakeExitRequest());
        Put(new ForgetRegion(Region, 2));
        Assert.True(_door.TakeExitRequest());
    }

    [Fact]
    public void Who_is_access_quiescent_is_kicked_for_code_alone()
    {
        _door.Status.Publish(Quiescence.Access);
        Put(Access(1));
        Assert.False(_door.ExitRequested);
        Put(new ForgetRegion(Region, 2));
        Assert.True(_door.ExitRequested);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_sleeping_vcpu_is_woken_when_too_many_requests_of_one_kind_have_piled_up(bool code)
    {
        _door.Status.Publish(Quiescence.Code);
        for (var i = 1; i <= Patience; i++)
        {
            Put(code ? new ForgetRegion(Region, i) : Access(i));
            Assert.False(_door.ExitRequested, $"request {i}");
        }
        Assert.Equal(0, _door.Kicks);
        Put(code ? new ForgetRegion(Region, Patience + 1) : Access(Patience + 1));
        Assert.True(_door.ExitRequested);
        Assert.Equal(Enumerable.Range(1, Patience + 1), TakeAll().Select(request => request is RevokeWrite revoke ? revoke.Ticket : ((ForgetRegion)request).Ticket).Select(ticket => (int)ticket));
    }

    [Fact]
    public void Requests_come_first_then_messages_in_order_and_the_next_slice_last_and_once()
    {
        Put(ContinueSlice.Instance);
        Put(new PauseVcpu());
        Put(ContinueSlice.Instance);
        Put(new ForgetRegion(Region, 1));
        Put(new ResumeVcpu());
        Put(Access(2));
        Assert.True(_queue.HasMessages && _queue.HasOthers && _queue.HasOrdinary);
        Assert.Equal(
            [typeof(RevokeWrite), typeof(ForgetRegion), typeof(PauseVcpu), typeof(ResumeVcpu), typeof(ContinueSlice)], TakeAll().Select(message => message.GetType()));
        Assert.False(_queue.HasMessages);
    }

    [Fact]
    public void A_reply_passes_everything_else_and_kicks_nobody()
    {
        for (var i = 0; i < 10; i++) Put(Access(i));
        _door.TakeExitRequest();
        Put(CodeWriteReply.Instance);
        Assert.False(_door.ExitRequested);
        Assert.Same(CodeWriteReply.Instance, _queue.TakeReply());
        Assert.Null(_queue.TakeReply());
        Assert.Equal(10, _queue.Count);
    }

    [Fact]
    public void The_next_slice_does_not_look_like_a_message_that_waits()
    {
        Put(ContinueSlice.Instance);
        Assert.True(_queue.HasMessages);
        Assert.False(_queue.HasOthers || _door.ExitRequested);
    }

    [Fact]
    public void What_is_left_at_the_end_goes_to_the_dead_letters()
    {
        var dead = new UnboundedMessageQueue();
        Put(Access(1));
        Put(new PauseVcpu());
        _queue.CleanUp(ActorRefs.Nobody, dead);
        Assert.Equal(2, dead.Count);
        Assert.False(_queue.HasMessages);
    }
}
