using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Wiring;

/// <summary>A wire that leads nowhere.</summary>
public sealed class OpenLine : IInterruptLine
{
    public static readonly OpenLine Instance = new();

    public void Set(bool level) { }
}

/// <summary>A wire that ends in a method.</summary>
public sealed class ActionLine(Action<bool> set) : IInterruptLine
{
    public void Set(bool level) => set(level);
}

/// <summary>One wire soldered to several inputs, such as an ISA request that reaches both the 8259 and the IOAPIC.</summary>
public sealed class FanOutLine(params IInterruptLine[] inputs) : IInterruptLine
{
    public void Set(bool level)
    {
        foreach (var input in inputs) input.Set(level);
    }
}

/// <summary>Several sources wired-or onto one input: the input is high while any source is.</summary>
public sealed class SharedLine(IInterruptLine input)
{
    private readonly Lock _lock = new();
    private int _high;

    /// <summary>A source of its own; it remembers its level, so repeated calls count once.</summary>
    public IInterruptLine CreateSource() => new Source(this);

    private sealed class Source(SharedLine shared) : IInterruptLine
    {
        private bool _level;

        public void Set(bool level)
        {
            lock (shared._lock)
            {
                if (level == _level) return;
                _level = level;
                shared._high += level ? 1 : -1;
                if (shared._high == (level ? 1 : 0)) shared.Forward(level);
            }
        }
    }

    private void Forward(bool level) => input.Set(level);
}

/// <summary>A wire with a switch in it; while open, its end is low.</summary>
public sealed class SwitchedLine(IInterruptLine inner) : IInterruptLine
{
    private volatile bool _isOpen;

    /// <summary>Cuts the wire or joins it again.</summary>
    public void Open(bool open)
    {
        _isOpen = open;
        if (open) inner.Set(false);
    }

    public void Set(bool level)
    {
        if (!_isOpen) inner.Set(level);
    }
}
