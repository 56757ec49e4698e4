using System.Numerics;
using System.Text;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>What one CPUID returns.</summary>
public readonly record struct CpuidResult(uint Eax, uint Ebx, uint Ecx, uint Edx);

/// <summary>CPUID (SDM 2A): one row a leaf. A leaf without a row reads as zero; no hypervisor leaf exists.</summary>
internal static unsafe class CpuidTable
{
    private const uint LastBasic = 0x1f, LastExtended = 0x80000008;

    private static readonly Dictionary<uint, Leaf> Leaves = new()
    {
        [0x00] = new(&Vendor),
        [0x01] = new(&Version),
        // Descriptors of caches and TLBs; the caches say 0xff: see leaf 4.
        [0x02] = new(&Descriptors),
        [0x04] = new(&Caches),
        [0x05] = new(&MonitorLine),
        [0x06] = new(&Power),
        [0x07] = new(&Structured),
        [0x0b] = new(&Topology),
        [0x0d] = new(&SaveArea),
        [0x15] = new(&Crystal),
        [0x16] = new(&Speed),
        [0x1f] = new(&Topology),
        [0x80000000] = new(&ExtendedRange),
        [0x80000001] = new(&Extended),
        [0x80000002] = new(&Brand0),
        [0x80000003] = new(&Brand1),
        [0x80000004] = new(&Brand2),
        [0x80000006] = new(&SecondLevelCache),
        [0x80000007] = new(&PowerExtended),
        [0x80000008] = new(&AddressSizes),
    };

    public static CpuidResult Read(Cpu cpu, uint leaf, uint subleaf) => Leaves.TryGetValue(leaf, out var row) ? row.Read(cpu, subleaf) : default;

    private readonly struct Leaf(delegate*<Cpu, uint, CpuidResult> read)
    {
        private readonly delegate*<Cpu, uint, CpuidResult> _read = read;

        public CpuidResult Read(Cpu cpu, uint subleaf) => _read(cpu, subleaf);
    }

    private static uint Word(Cpu cpu, uint leaf, CpuidRegister register, uint subleaf = 0) => cpu.Model.FeatureWord(leaf, register, subleaf);

    private static CpuidResult Vendor(Cpu cpu, uint subleaf)
    {
        Span<byte> text = stackalloc byte[12];
        Encoding.ASCII.GetBytes(cpu.Model.Vendor, text);
        return new(LastBasic, BitConverter.ToUInt32(text), BitConverter.ToUInt32(text[8..]), BitConverter.ToUInt32(text[4..]));
    }

    private static CpuidResult Version(Cpu cpu, uint subleaf)
    {
        var several = cpu.Model.Topology.LogicalPerPackage > 1;
        var ebx = (cpu.Ports.Interrupts.ApicId & 0xff) << 24 | Math.Min(1u << cpu.Model.Topology.PackageShift, 255) << 16 | 64 / 8 << 8;
        var ecx = Word(cpu, 1, CpuidRegister.Ecx);
        if ((cpu.State->Cr4 & Cr4.OsXsave) != 0) ecx |= 1 << 27;
        var edx = Word(cpu, 1, CpuidRegister.Edx) | (several ? 1u << 28 : 0);
        return new(cpu.Model.Signature, ebx, ecx, edx);
    }

    private static CpuidResult Descriptors(Cpu cpu, uint subleaf) => new(0x76036301, 0x00f0b5ff, 0, 0x00c30000);

    private static CpuidResult Caches(Cpu cpu, uint subleaf)
    {
        const uint data = 1, code = 2, unified = 3;
        var topology = cpu.Model.Topology;
        var threads = 1u << topology.ThreadBits;
        var logical = Math.Min(1u << topology.PackageShift, 4096);
        // In ids, holes included; the field has six bits.
        var cores = Math.Min(1u << topology.PackageShift - topology.ThreadBits, 64);
        return subleaf switch
        {
            0 => Cache(data, 1, threads, 8, 64),
            1 => Cache(code, 1, threads, 8, 64),
            2 => Cache(unified, 2, threads, 16, 1024),
            3 => Cache(unified, 3, logical, 16, 8192),
            _ => default,
        };

        CpuidResult Cache(uint type, uint level, uint sharing, uint ways, uint sets) =>
            new(type | level << 5 | 1 << 8 | sharing - 1 << 14 | cores - 1 << 26, ways - 1 << 22 | 63, sets - 1, 0);
    }

    // No extensions, no C-states: guests use plain MWAIT, if at all.
    private static CpuidResult MonitorLine(Cpu cpu, uint subleaf) =>
        cpu.Model.Features.Has(CpuFeature.Monitor) ? new(MonitoredLine.Bytes, MonitoredLine.Bytes, 0, 0) : default;

    private static CpuidResult Power(Cpu cpu, uint subleaf) => new(Word(cpu, 6, CpuidRegister.Eax), 0, 0, 0);

    private static CpuidResult Structured(Cpu cpu, uint subleaf) => subleaf != 0
        ? default
        : new(0, Word(cpu, 7, CpuidRegister.Ebx), Word(cpu, 7, CpuidRegister.Ecx) | ProtectionKeysOn(cpu), Word(cpu, 7, CpuidRegister.Edx));

    // OSPKE.
    private static uint ProtectionKeysOn(Cpu cpu) => (cpu.State->Cr4 & Cr4.Pke) != 0 ? 1u << 4 : 0;

    private static CpuidResult Topology(Cpu cpu, uint subleaf)
    {
        const uint thread = 1 << 8, core = 2 << 8;
        var id = cpu.Ports.Interrupts.ApicId;
        var topology = cpu.Model.Topology;
        return subleaf switch
        {
            0 => new((uint)topology.ThreadBits, (uint)topology.Threads, thread, id),
            1 => new((uint)topology.PackageShift, (uint)topology.LogicalPerPackage, core | 1, id),
            _ => new(0, 0, subleaf & 0xff, id),
        };
    }

    private static CpuidResult SaveArea(Cpu cpu, uint subleaf)
    {
        if (!cpu.Model.Features.Has(CpuFeature.Xsave)) return default;
        var mask = cpu.Model.Xcr0Mask;
        if (subleaf == 0) return new((uint)mask, SaveComponent.SizeFor(cpu.State->Xcr0, compacted: false), SaveComponent.SizeFor(mask, compacted: false), (uint)(mask >> 32));
        if (subleaf == 1) return new(Word(cpu, 0xd, CpuidRegister.Eax, 1), SaveComponent.SizeFor(cpu.State->Xcr0, compacted: true), 0, 0);
        foreach (var component in SaveComponent.All)
            if (component.Number == subleaf && (mask & component.Bit) != 0) return new(component.Bytes, component.Offset, 0, 0);
        return default;
    }

    // The APIC timer counts a 1 GHz crystal. Guests multiply the crystal's kHz by the numerator in 32 bits: a ratio that would overflow there is
    // announced as a crystal of the TSC's own rate.
    private static CpuidResult Crystal(Cpu cpu, uint subleaf)
    {
        const ulong crystal = 1_000_000_000;
        var frequency = cpu.Ports.Tsc.Frequency;
        var divisor = (ulong)BigInteger.GreatestCommonDivisor(frequency, crystal);
        var numerator = frequency / divisor;
        if (numerator * (crystal / 1000) <= uint.MaxValue) return new((uint)(crystal / divisor), (uint)numerator, (uint)crystal, 0);
        return frequency <= uint.MaxValue ? new(1, 1, (uint)frequency, 0) : default;
    }

    private static CpuidResult Speed(Cpu cpu, uint subleaf)
    {
        var megahertz = (uint)(cpu.Ports.Tsc.Frequency / 1_000_000) & 0xffff;
        return new(megahertz, megahertz, 100, 0);
    }

    private static CpuidResult ExtendedRange(Cpu cpu, uint subleaf) => new(LastExtended, 0, 0, 0);

    private static CpuidResult Extended(Cpu cpu, uint subleaf) =>
        new(0, 0, Word(cpu, 0x80000001, CpuidRegister.Ecx), Word(cpu, 0x80000001, CpuidRegister.Edx));

    private static CpuidResult Brand0(Cpu cpu, uint subleaf) => Brand(cpu, 0);

    private static CpuidResult Brand1(Cpu cpu, uint subleaf) => Brand(cpu, 16);

    private static CpuidResult Brand2(Cpu cpu, uint subleaf) => Brand(cpu, 32);

    private static CpuidResult Brand(Cpu cpu, int start)
    {
        Span<byte> text = stackalloc byte[48];
        text.Clear();
        Encoding.ASCII.GetBytes(cpu.Model.Brand.AsSpan(0, Math.Min(cpu.Model.Brand.Length, 47)), text);
        text = text[start..];
        return new(BitConverter.ToUInt32(text), BitConverter.ToUInt32(text[4..]), BitConverter.ToUInt32(text[8..]), BitConverter.ToUInt32(text[12..]));
    }

    // 1 MiB, 16 ways (code 8), 64-byte lines, as leaf 4 says.
    private static CpuidResult SecondLevelCache(Cpu cpu, uint subleaf) => new(0, 0, 1024 << 16 | 8 << 12 | 64, 0);

    private static CpuidResult PowerExtended(Cpu cpu, uint subleaf) => new(0, 0, 0, Word(cpu, 0x80000007, CpuidRegister.Edx));

    private static CpuidResult AddressSizes(Cpu cpu, uint subleaf) =>
        new((uint)(cpu.Model.LinearBits << 8 | cpu.Model.PhysicalBits), Word(cpu, 0x80000008, CpuidRegister.Ebx), 0, 0);
}
