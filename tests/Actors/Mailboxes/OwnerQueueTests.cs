using Akka.Actor;
using Tcg.Mttcg.Actors.Mailboxes;

namespace Tcg.Mttcg.Actors.Tests.Mailboxes;

public sealed class OwnerQueueTests
{
    private readonly OwnerQueue _queue = new();

    private void Put(object message) => _queue.Enqueue(ActorRefs.Nobody, new Envelope(message, ActorRefs.NoSender));

    private object? Take() => _queue.TryDequeue(out var envelope) ? envelope.Message : null;

    [Fact]
    public void Messages_come_out_as_they_went_in_whether_they_waited_in_the_slot_or_behind_it()
    {
        var random = new Random(3);
        var model = new Queue<int>();
        for (var i = 0; i < 10_000; i++)
        {
            // Runs of either kind, so that the queue is often empty and often long.
            if (random.Next(10) < (i / 50 % 2 == 0 ? 7 : 2))
            {
                Put(i);
                model.Enqueue(i);
            }
            else Assert.Equal(model.TryDequeue(out var expected) ? expected : null, Take());
            Assert.Equal((model.Count, model.Count > 0), (_queue.Count, _queue.HasMessages));
        }
    }

    [Fact]
    public void A_message_that_comes_while_another_is_handled_is_there_afterwards()
    {
        Put("first");
        Assert.Equal("first", Take());
        Assert.False(_queue.HasMessages);
        Put("second");
        Assert.True(_queue.HasMessages);
        Put("third");
        Assert.Equal("second", Take());
        Assert.Equal("third", Take());
        Assert.Null(Take());
    }

    [Fact]
    public void The_sender_comes_along_and_what_is_left_at_the_end_goes_to_the_dead_letters()
    {
        _queue.Enqueue(ActorRefs.Nobody, new Envelope(1, ActorRefs.Nobody));
        _queue.Enqueue(ActorRefs.Nobody, new Envelope(2, ActorRefs.Nobody));
        var letters = new OwnerQueue();
        _queue.CleanUp(ActorRefs.Nobody, letters);
        Assert.False(_queue.HasMessages);
        for (var expected = 1; expected <= 2; expected++)
        {
            Assert.True(letters.TryDequeue(out var letter));
            Assert.Equal(expected, letter.Message);
            Assert.Same(ActorRefs.Nobody, letter.Sender);
        }
    }

    [Fact]
    public void No_message_is_lost_doubled_or_overtaken_by_a_later_one_of_its_sender()
    {
        const int senders = 3, each = 60_000;
        var left = senders * each;
        var lastOf = new int[senders];
        var wrong = 0;
        var threads = Enumerable.Range(0, senders).Select(sender => new Thread(() =>
        {
            for (var i = 1; i <= each; i++)
            {
                Put((sender, i));
                // Now and then the queue runs empty.
                if (i % 64 == 0) Thread.Yield();
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        var patience = System.Diagnostics.Stopwatch.StartNew();
        while (left > 0 && patience.Elapsed.TotalSeconds < 60)
        {
            if (Take() is not (int sender, int number)) continue;
            if (number != ++lastOf[sender]) wrong++;
            left--;
        }
        foreach (var thread in threads) thread.Join();
        Assert.Equal((0, 0), (left, wrong));
        Assert.Null(Take());
    }
}
