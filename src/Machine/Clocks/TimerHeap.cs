namespace Tcg.Mttcg.Machine.Clocks;

/// <summary>A binary min-heap of armed timers by deadline; each entry knows its place, so re-arming is O(log n) and allocates nothing.</summary>
internal sealed class TimerHeap
{
    internal sealed class Entry(Action expired)
    {
        internal readonly Action Expired = expired;
        internal long Deadline;
        internal long Order;
        internal int Index = -1;
    }

    private Entry[] _entries = new Entry[16];
    private int _count;
    private long _order;

    public Entry? First => _count == 0 ? null : _entries[0];

    public void Set(Entry entry, long deadline)
    {
        entry.Deadline = deadline;
        entry.Order = _order++;
        if (entry.Index < 0)
        {
            if (_count == _entries.Length) Array.Resize(ref _entries, _count * 2);
            entry.Index = _count;
            _entries[_count++] = entry;
        }
        SiftUp(entry.Index);
        SiftDown(entry.Index);
    }

    public void Remove(Entry entry)
    {
        int index = entry.Index;
        if (index < 0) return;
        entry.Index = -1;
        var last = _entries[--_count];
        _entries[_count] = null!;
        if (last == entry) return;
        _entries[index] = last;
        last.Index = index;
        SiftUp(index);
        SiftDown(last.Index);
    }

    private static bool Before(Entry a, Entry b) => a.Deadline < b.Deadline || (a.Deadline == b.Deadline && a.Order < b.Order);

    private void SiftUp(int index)
    {
        while (index > 0)
        {
            int parent = (index - 1) / 2;
            if (!Before(_entries[index], _entries[parent])) return;
            Swap(index, parent);
            index = parent;
        }
    }

    private void SiftDown(int index)
    {
        while (true)
        {
            int child = index * 2 + 1;
            if (child >= _count) return;
            if (child + 1 < _count && Before(_entries[child + 1], _entries[child])) child++;
            if (!Before(_entries[child], _entries[index])) return;
            Swap(index, child);
            index = child;
        }
    }

    private void Swap(int a, int b)
    {
        (_entries[a], _entries[b]) = (_entries[b], _entries[a]);
        _entries[a].Index = a;
        _entries[b].Index = b;
    }
}
