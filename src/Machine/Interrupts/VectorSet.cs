using System.Numerics;

namespace Tcg.Mttcg.Machine.Interrupts;

/// <summary>256 bits, one per interrupt vector: IRR, ISR or TMR.</summary>
internal sealed class VectorSet
{
    private readonly uint[] _words = new uint[8];

    /// <summary>32 vectors, as the APIC's registers show them.</summary>
    public uint Word(int index) => _words[index];

    public bool this[int vector]
    {
        get => (_words[vector >> 5] & 1u << vector) != 0;
        set
        {
            if (value) _words[vector >> 5] |= 1u << vector;
            else _words[vector >> 5] &= ~(1u << vector);
        }
    }

    /// <summary>The highest vector in the set, or -1.</summary>
    public int Highest
    {
        get
        {
            for (int i = 7; i >= 0; i--)
            {
                if (_words[i] != 0) return i * 32 + 31 - BitOperations.LeadingZeroCount(_words[i]);
            }
            return -1;
        }
    }

    public void Clear() => Array.Clear(_words);
}
