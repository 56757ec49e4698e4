using Tcg.Mttcg.Translator.Host;

namespace Tcg.Mttcg.Translator.Cache;

/// <summary>
/// Chaining of TBs by direct jumps, without a message. A vCPU chains when it falls out of an unlinked slot; the memory actor undoes it when a
/// block dies.
/// <para>
/// Who is chained to a block is a list that vCPUs push to with compare-and-swap and that only the memory actor takes from. Dying closes the
/// list: a vCPU that comes too late sees that and takes its jump back. Either way a jump into a dead block is harmless: the patched head
/// leaves at once, and its region is reused only after every vCPU was code-quiescent.
/// </para>
/// </summary>
public sealed class JumpLists(ITbLinker linker)
{
    private const int PurgeAfter = 64;

    /// <summary>
    /// Chains slot of <paramref name="from"/> to <paramref name="target"/>. Called by the vCPU that just left <paramref name="from"/>, before it
    /// becomes code-quiescent. A target that reaches into a second page is never chained to: that page may be remapped.
    /// </summary>
    public bool TryChain(TranslationBlock from, int slot, TranslationBlock target)
    {
        if (from.IsDead || target.IsDead || !target.Page1.IsNone || !HasSlot(from, slot)) return false;
        if (Interlocked.CompareExchange(ref from.Jump(slot).Target, target, null) is not null) return false;

        linker.Link(from, slot, target);
        if (target.Incoming.TryPush(from, slot) && !from.IsDead) return true;
        TakeBack(from, slot);
        return false;
    }

    /// <summary>Kills the block: its head leaves at once, and nobody is chained to it any more. Memory actor only. False: it was dead already.</summary>
    public bool Kill(TranslationBlock block)
    {
        if (!block.TryKill()) return false;
        if (block.Region is null && block.Ir is null) return true;
        linker.Kill(block);
        for (var node = block.Incoming.Close(); node is not null; node = node.Next)
        {
            // A dead source's code may be recycled by now; it must not be written to.
            if (!node.From.IsDead) TakeBack(node.From, node.Slot);
        }
        for (var slot = 0; slot < TranslationBlock.JumpSlots; slot++) ForgetAsSource(block.Jump(slot).Target);
        return true;
    }

    // Interpreted blocks are chained by the slot's target alone.
    private static bool HasSlot(TranslationBlock from, int slot) =>
        from.Ir is not null || (from.Region is not null && from.Jump(slot).DisplacementOffset != 0);

    private void TakeBack(TranslationBlock from, int slot)
    {
        linker.Unlink(from, slot);
        Volatile.Write(ref from.Jump(slot).Target, null);
    }

    // A long-lived target whose sources come and go (self-modifying code) must not collect their corpses.
    private static void ForgetAsSource(TranslationBlock? target)
    {
        if (target is null || target.IsDead || ++target.DeadIncoming < PurgeAfter) return;
        target.DeadIncoming = 0;
        target.Incoming.Purge();
    }
}

/// <summary>The jumps into one block.</summary>
public struct IncomingList
{
    private static readonly Node Closed = new(null!, 0);

    private Node? _head;

    /// <summary>False: the block died.</summary>
    public bool TryPush(TranslationBlock from, int slot) => TryPush(new Node(from, slot));

    /// <summary>Takes all jumps; later pushes fail.</summary>
    public Node? Close()
    {
        var head = Interlocked.Exchange(ref _head, Closed);
        return head == Closed ? null : head;
    }

    /// <summary>Drops the jumps of dead blocks.</summary>
    public void Purge()
    {
        var node = Interlocked.Exchange(ref _head, null);
        while (node is not null)
        {
            var next = node.Next;
            if (!node.From.IsDead) TryPush(node);
            node = next;
        }
    }

    private bool TryPush(Node node)
    {
        while (true)
        {
            var head = Volatile.Read(ref _head);
            if (head == Closed) return false;
            node.Next = head;
            if (Interlocked.CompareExchange(ref _head, node, head) == head) return true;
        }
    }

    public sealed class Node(TranslationBlock from, int slot)
    {
        public readonly TranslationBlock From = from;
        public readonly int Slot = slot;
        public Node? Next;
    }
}
