using System.Runtime.InteropServices;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>One helper: its number and its managed body, <c>ulong Helper(Cpu cpu, ulong a, ulong b, ulong c)</c>.</summary>
public readonly unsafe struct HelperRow(HelperId id, delegate*<Cpu, ulong, ulong, ulong, ulong> body)
{
    public HelperId Id { get; } = id;
    public delegate*<Cpu, ulong, ulong, ulong, ulong> Body { get; } = body;
}

/// <summary>
/// All helpers by number, joined from the families' tables; a helper without a row or with two is an error at start-up. Both back ends call
/// through here: the interpreter by <see cref="Call"/>, translated code by <see cref="EntryPoint"/>.
/// </summary>
public sealed unsafe class HelperTable
{
    private static readonly delegate*<Cpu, ulong, ulong, ulong, ulong>[] Bodies = Join();

    public static ulong Call(Cpu cpu, HelperId id, ulong a, ulong b, ulong c) => Bodies[(int)id](cpu, a, b, c);

    /// <summary>Native entry: <c>ulong (CpuState*, ulong id, ulong a, ulong b, ulong c)</c>, System V. Never throws: failures become an exit.</summary>
    public static nint EntryPoint => (nint)(delegate* unmanaged<CpuState*, ulong, ulong, ulong, ulong, ulong>)&Enter;

    [UnmanagedCallersOnly]
    private static ulong Enter(CpuState* state, ulong id, ulong a, ulong b, ulong c)
    {
        var cpu = Cpu.From(state);
        try
        {
            return Bodies[(int)id](cpu, a, b, c);
        }
        catch (Exception failure)
        {
            cpu.Failure = failure;
            cpu.LeaveAfterHelper(TbExitReason.Failure);
            return 0;
        }
    }

    private static delegate*<Cpu, ulong, ulong, ulong, ulong>[] Join()
    {
        var bodies = new delegate*<Cpu, ulong, ulong, ulong, ulong>[Enum.GetValues<HelperId>().Length];
        foreach (var family in Families())
        {
            foreach (var row in family)
            {
                if (bodies[(int)row.Id] != null) throw new InvalidOperationException($"two helpers for {row.Id}");
                bodies[(int)row.Id] = row.Body;
            }
        }
        for (var id = 0; id < bodies.Length; id++)
            if (bodies[id] == null) throw new InvalidOperationException($"no helper for {(HelperId)id}");
        return bodies;
    }

    // One line a family; each family's file holds its rows.
    private static IEnumerable<HelperRow[]> Families() =>
    [
        MemoryHelpers.Rows,
        ExceptionHelpers.Rows,
        IdentityHelpers.Rows,
        ControlHelpers.Rows,
        MonitorHelpers.Rows,
        FlagHelpers.Rows,
        SegmentHelpers.Rows,
        TransferHelpers.Rows,
        PortHelpers.Rows,
        AtomicHelpers.Rows,
        SaveHelpers.Rows,
        VectorHelpers.Rows,
        XsaveHelpers.Rows,
        KeyHelpers.Rows,
        X87Helpers.Rows,
        MmxHelpers.Rows,
        DecimalHelpers.Rows,
    ];
}
