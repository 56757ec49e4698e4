using System.Collections.Frozen;
using Tcg.Mttcg.Memory.Contracts;
using Tcg.Mttcg.Translator.Guest;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>What all processors of a machine are: announced by CPUID, obeyed by control registers and MSRs.</summary>
public sealed record CpuModel
{
    private static readonly InstructionGate DefaultInstructions = new(CpuFeatures.Default);

    private readonly CpuFeatureSet _features;
    private readonly FrozenDictionary<(uint, uint, CpuidRegister), uint> _words = FrozenDictionary<(uint, uint, CpuidRegister), uint>.Empty;

    public CpuModel() => Features = CpuFeatures.Default;

    public static CpuModel Default { get; } = new();

    /// <summary>Processors in the machine, and how they are packaged.</summary>
    public CpuTopology Topology { get; init; } = new(1);

    /// <summary>Twelve ASCII characters.</summary>
    public string Vendor { get; init; } = "GenuineIntel";

    /// <summary>At most 47 ASCII characters.</summary>
    public string Brand { get; init; } = "Tcg.Mttcg Virtual CPU";

    /// <summary>
    /// Leaf 1 EAX, and EDX after reset: family 6, model 0xa5, stepping 5. The last of the cores without AVX-512 or AVX-VNNI: compilers' dispatchers take a model for
    /// what it had, whatever CPUID announces, and kernels know no errata of its timer.
    /// </summary>
    public uint Signature { get; init; } = 0x000a0655;

    /// <summary>Physical address width, 36 to 52 bits.</summary>
    public int PhysicalBits { get; init; } = 46;

    public CpuFeatureSet Features
    {
        get => _features;
        init
        {
            _features = value;
            _words = CpuFeatures.Words(value);
            Instructions = value == CpuFeatures.Default ? DefaultInstructions : new InstructionGate(value);
            Cr4Mask = Cr4.Pce;
            foreach (var row in CpuFeatures.Rows)
                if (value.Has(row.Feature)) Cr4Mask |= row.Cr4;
        }
    }

    /// <summary>The instructions that come with the features; all others raise #UD.</summary>
    public InstructionGate Instructions { get; private init; } = DefaultInstructions;

    /// <summary>The features that CPUID shows in one register of a leaf.</summary>
    public uint FeatureWord(uint leaf, CpuidRegister register, uint subleaf = 0) => _words.GetValueOrDefault((leaf, subleaf, register));

    /// <summary>Bits of CR4 that may be set.</summary>
    public ulong Cr4Mask { get; private init; }

    /// <summary>Bits of IA32_EFER that may be written; LMA is ignored.</summary>
    public ulong EferMask => (Features.Has(CpuFeature.Syscall) ? Efer.Sce : 0) | (Features.Has(CpuFeature.Nx) ? Efer.Nxe : 0)
        | (Features.Has(CpuFeature.LongMode) ? Efer.Lme | Efer.Lma : 0);

    /// <summary>Bits of XCR0 that may be set.</summary>
    public ulong Xcr0Mask => Xcr0.X87 | Xcr0.Sse | (Features.Has(CpuFeature.Avx) ? Xcr0.Avx : 0) | (Features.Has(CpuFeature.Pku) ? Xcr0.Pkru : 0);

    public int LinearBits => Features.Has(CpuFeature.La57) ? 57 : 48;
}
