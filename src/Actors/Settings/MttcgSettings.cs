using System.Numerics;
using Akka.Configuration;
using Tcg.Mttcg.Actors.Coherence;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Actors.Regions;
using Tcg.Mttcg.Actors.Vcpu;
using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Settings;

/// <summary>
/// All tunables, read from HOCON and checked once. The reference, hocon/mttcg.conf, is embedded and documents each key; what a program gives
/// overrides single keys of it.
/// </summary>
public sealed class MttcgSettings
{
    private const string Resource = "mttcg.conf";

    public const string VcpuDispatcher = "mttcg.vcpu-dispatcher";
    public const string VcpuMailbox = "mttcg.vcpu-mailbox";
    public const string OwnerMailbox = "mttcg.owner-mailbox";
    public const string InlineDispatcher = "mttcg.inline-dispatcher";

    /// <param name="overrides">Null: the reference as it is.</param>
    /// <exception cref="ConfigurationException">A key has a value that makes no sense, or nobody reads it; the message names it.</exception>
    public MttcgSettings(Config? overrides = null)
    {
        var reference = Reference();
        if (overrides is not null) SettingsProfile.Check(overrides, reference);
        Config = overrides is null ? reference : overrides.WithFallback(reference);
        var keys = new SettingsReader(Config);
        Vcpu = new VcpuOptions(
            keys.Int("mttcg.vcpu.reply-spins", 0),
            keys.Int("mttcg.vcpu.pause-yield-after", 0),
            keys.Int("mttcg.vcpu.pause-yield-after-with-cores", 0),
            keys.Int("mttcg.vcpu.pause-sleep-after", 0),
            keys.Int("mttcg.vcpu.pause-sleep-microseconds", 1, 999_999),
            keys.Time("mttcg.vcpu.turn"),
            keys.Time("mttcg.vcpu.mwait-rest"));
        Coherence = new CoherenceOptions(
            keys.Int("mttcg.memory.bitmap-after-writes", 0),
            keys.Int("mttcg.memory.unprotect-after-writes", 1),
            keys.Int("mttcg.memory.writer-looks", 1),
            keys.Int("mttcg.memory.check-after-kills", 0, byte.MaxValue),
            keys.Int("mttcg.memory.release-after-deaths", 1));
        Tlb = new TlbOptions
        {
            MinShift = Shift(keys, "mttcg.tlb.minimum-entries"),
            MaxShift = Shift(keys, "mttcg.tlb.maximum-entries"),
            GrowAbovePercent = keys.Int("mttcg.tlb.grow-above", 1, 100),
            ShrinkBelowPercent = keys.Int("mttcg.tlb.shrink-below", 0, 100),
            WindowFlushes = keys.Int("mttcg.tlb.window", 1),
            EvictionsPerEntry = keys.Int("mttcg.tlb.evictions-per-entry", 1),
        };
        Executor = new ExecutorOptions(
            keys.Int("mttcg.translator.max-instructions", 1, 511), StaleRetries: keys.Int("mttcg.translator.stale-retries", 0))
        {
            RestlessAfter = keys.Int("mttcg.translator.restless-after", 0),
            RestlessWithin = TimeSpan.FromMicroseconds(keys.Int("mttcg.translator.restless-within-microseconds", 0)),
            CalmAfter = keys.Int("mttcg.translator.calm-after", 1),
        };
        CodeBytes = keys.Bytes("mttcg.code-cache.size");
        RegionsPerVcpu = keys.Int("mttcg.code-cache.regions-per-vcpu", 2);
        MinimumRegions = keys.Int("mttcg.code-cache.minimum-regions", 2);
        Regions = new RegionOptions(keys.Int("mttcg.code-cache.spare-regions", 0), keys.Int("mttcg.code-cache.blocks-per-message", 1));
        Life = new LifeOptions(
            keys.Time("mttcg.machine.stop-timeout"),
            keys.Time("mttcg.machine.stuck-after"),
            keys.Flag("mttcg.machine.reboot-on-reset"),
            keys.Flag("mttcg.machine.reboot-on-triple-fault"),
            keys.Flag("mttcg.machine.end-on-panic"));
        Cpu = keys.Text("mttcg.machine.cpu");
        KeysRead = keys.Read;
    }

    /// <summary>Everything, for the actor system.</summary>
    public Config Config { get; }
    public VcpuOptions Vcpu { get; }
    public CoherenceOptions Coherence { get; }
    public TlbOptions Tlb { get; }
    public ExecutorOptions Executor { get; }
    public RegionOptions Regions { get; }
    public LifeOptions Life { get; }

    /// <summary>Processor model and features, as <see cref="CpuSelection"/> reads them.</summary>
    public string Cpu { get; }

    /// <summary>Size of the code buffer.</summary>
    public long CodeBytes { get; }
    public int RegionsPerVcpu { get; }
    public int MinimumRegions { get; }

    /// <summary>The keys that this class knows.</summary>
    public IReadOnlyCollection<string> KeysRead { get; }

    public static Config Reference()
    {
        using var stream = typeof(MttcgSettings).Assembly.GetManifestResourceStream(Resource)
            ?? throw new ConfigurationException($"the assembly lacks its {Resource}");
        using var reader = new StreamReader(stream);
        return ConfigurationFactory.ParseString(reader.ReadToEnd());
    }

    private static int Shift(SettingsReader keys, string key)
    {
        var entries = keys.Int(key, 1 << TlbLayout.MinEntriesShift, 1 << TlbLayout.MaxEntriesShift);
        return BitOperations.IsPow2(entries) ? BitOperations.Log2((uint)entries) : throw new ConfigurationException($"{key} = {entries}: not a power of two");
    }
}
