using System.Numerics;

namespace Tcg.Mttcg.Memory.Contracts;

/// <summary>
/// How the processors of a machine are packaged. Processors are numbered thread by thread, core by core, package by package; an APIC id has a field of
/// its own for each level (SDM 3A 9.9.1), so ids leave holes where a level is no power of two.
/// </summary>
/// <param name="Processors">Those that are there: at most all places, taken in order.</param>
public sealed record CpuTopology(int Processors, int Sockets, int Cores, int Threads)
{
    /// <summary>One package, one thread a core.</summary>
    public CpuTopology(int processors) : this(processors, 1, processors, 1)
    {
    }

    public int Places => Sockets * Cores * Threads;

    public int LogicalPerPackage => Cores * Threads;

    /// <summary>Width of the thread field.</summary>
    public int ThreadBits => BitsFor(Threads);

    /// <summary>Width of the thread and core fields.</summary>
    public int PackageShift => ThreadBits + BitsFor(Cores);

    /// <summary>The APIC ids of all processors, in order. The first is 0.</summary>
    public IReadOnlyList<uint> ApicIds => [.. Enumerable.Range(0, Processors).Select(ApicIdOf)];

    /// <exception cref="ArgumentException">The numbers do not make a machine; the message says why.</exception>
    public void Validate()
    {
        if (Processors < 1 || Sockets < 1 || Cores < 1 || Threads < 1) throw new ArgumentException("a machine has at least one processor, socket, core and thread");
        if (Processors > (long)Sockets * Cores * Threads)
            throw new ArgumentException($"{Processors} processors do not fit in {Sockets} sockets of {Cores} cores of {Threads} threads");
    }

    private uint ApicIdOf(int processor)
    {
        var (thread, core, package) = (processor % Threads, processor / Threads % Cores, processor / LogicalPerPackage);
        return (uint)(package << PackageShift | core << ThreadBits | thread);
    }

    private static int BitsFor(int count) => 32 - BitOperations.LeadingZeroCount((uint)count - 1);
}
