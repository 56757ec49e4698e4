namespace Tcg.Mttcg.Guests.Litmus;

/// <summary>All litmus guests. Rounds count what the meaning names: a race, a call, an operation.</summary>
public static class LitmusTests
{
    /// <summary>A step costs as little as this many rounds of other tests, though it runs all copies.</summary>
    private const int RoundsPerTsoStep = 4;

    public static IReadOnlyList<LitmusTest> All { get; } =
    [
        new("stale-alone", "patched code, alone on its page", rounds => StaleCode.Build(rounds, StalePlace.Alone)),
        new("stale-keep", "patched code beside other code", rounds => StaleCode.Build(rounds, StalePlace.Keep)),
        new("stale-fault", "patched code, the store faults first", rounds => StaleCode.Build(rounds, StalePlace.Fault)),
        new("span-stores", "code on two pages, both patched", SpanningCode.Stores),
        new("span-remap", "code on two pages, the second remapped", SpanningCode.Remap),
        new("chain", "patched code amid chained jumps", ChainedCode.Build),
        .. SelfModifying.Tests,
        new("tiny-buffer", "all CPUs exhaust the code buffer", TinyBuffer.Build, 1, TinyBuffer.Functions, CodeBytes: TinyBuffer.CodeBytes),
        new("tiny-buffer-device", "the same, one waits for a slow device", SlowDoorbell.Build, 2, SlowDoorbell.PerStep, CodeBytes: SlowDoorbell.CodeBytes, Disk: SlowDoorbell.Disk),
        new("dma-poll", "a disk reads code over code, used index", rounds => DmaCode.Build(rounds, interrupt: false), 2, DmaCode.PerStep, Disk: DmaCode.Disk),
        new("dma-interrupt", "the same, completion interrupt", rounds => DmaCode.Build(rounds, interrupt: true), 2, DmaCode.PerStep, Disk: DmaCode.Disk),
        new("shootdown", "TLB shootdown by interrupt", Translations.Remap),
        new("walker-ad", "page table entry taken from walkers", Translations.WalkerUpdate),
        .. Tso.Select(test => new LitmusTest(
            "tso-" + test.Name, test.Text, steps => TsoGuest.Build(test, steps), test.Threads.Length, RoundsPerTsoStep, test.Allowed)),
        new("ticket-lock", "ticket lock", Atomics.TicketLock, 2, Atomics.PerStep),
        new("dekker", "Dekker's lock with MFENCE", Atomics.Dekker, 2, Atomics.PerStep),
        new("cmpxchg16b-stack", "tagged stack by CMPXCHG16B", Atomics.TaggedStack, 2, Atomics.PerStep),
        new("split-page", "LOCK XADD across two pages", Atomics.PageCrossing, 2, Atomics.PerStep),
        new("split-line", "LOCK CMPXCHG across two lines", Atomics.LineCrossing, 2, Atomics.PerStep),
        new("exclusive-halts", "page-crossing LOCK beside HLT", rounds => Storms.Halts(rounds, exclusive: true)),
        new("timer-hlt", "APIC timer against HLT", rounds => Storms.Halts(rounds, exclusive: false), 1),
        new("ipi-storm", "fixed interrupts around a ring", rounds => Storms.Ring(rounds, nmi: false)),
        new("nmi-storm", "NMIs around a ring", rounds => Storms.Ring(rounds, nmi: true)),
        new("init-sipi", "CPUs restarted by INIT and SIPI", Storms.Restarts, 2, 16),
    ];

    // SDM 3A 9.2.3: a load may pass an older store to another location, and nothing else may pass anything; fences and locked instructions stop that too.
    private static IEnumerable<TsoTest> Tso =>
    [
        new("sb",       ["Wx1 Ry", "Wy1 Rx"],               "0.0=0 1.0=0", allowed: true),
        new("sb-mfence", ["Wx1 F Ry", "Wy1 F Rx"],          "0.0=0 1.0=0", allowed: false),
        new("sb-lock",  ["Wx1 L Ry", "Wy1 L Rx"],           "0.0=0 1.0=0", allowed: false),
        new("mp",       ["Wx1 Wy1", "Ry Rx"],               "1.0=1 1.1=0", allowed: false),
        new("lb",       ["Rx Wy1", "Ry Wx1"],               "0.0=1 1.0=1", allowed: false),
        new("s",        ["Wx2 Wy1", "Ry Wx1"],              "1.0=1 x=2",   allowed: false),
        new("2+2w",     ["Wx1 Wy2", "Wy1 Wx2"],             "x=1 y=1",     allowed: false),
        new("r",        ["Wx1 Wy1", "Wy2 Rx"],              "y=2 1.0=0",   allowed: true),
        new("r-mfence", ["Wx1 F Wy1", "Wy2 F Rx"],          "y=2 1.0=0",   allowed: false),
        new("r-lock",   ["Wx1 L Wy1", "Wy2 L Rx"],          "y=2 1.0=0",   allowed: false),
        new("iriw",     ["Wx1", "Wy1", "Rx Ry", "Ry Rx"],   "2.0=1 2.1=0 3.0=1 3.1=0", allowed: false),
        new("iriw-mfence", ["Wx1", "Wy1", "Rx F Ry", "Ry F Rx"], "2.0=1 2.1=0 3.0=1 3.1=0", allowed: false),
    ];
}
