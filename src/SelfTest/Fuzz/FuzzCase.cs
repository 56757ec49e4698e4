namespace Tcg.Mttcg.SelfTest.Fuzz;

/// <summary>How a fuzzed processor begins.</summary>
public enum FuzzMode : byte { Real, Virtual8086, Protected16, Protected32, Compatibility, Long }

/// <summary>How its blocks are run.</summary>
public enum FuzzDispatch : byte
{
    /// <summary>Blocks return to the dispatcher: the number of blocks is bounded, the same in both back ends.</summary>
    Unchained,
    /// <summary>Blocks jump to each other, until a clock ends the run.</summary>
    Chained,
}

/// <summary>Some bytes somewhere.</summary>
internal readonly record struct FuzzPatch(int Address, byte[] Bytes);

/// <summary>One string of bytes to run, and where.</summary>
internal sealed record FuzzCase(long Index, FuzzMode Mode, int Level, bool Paging, bool Pae, byte[] Code, int CodeAt)
{
    public FuzzDispatch Dispatch { get; init; }
    public required ulong[] Registers { get; init; }
    public required byte[] Vectors { get; init; }
    public ulong Cr0 { get; init; }
    public ulong Cr4 { get; init; }
    public uint Flags { get; init; }
    public uint MxCsr { get; init; }
    public ushort X87Control { get; init; }

    /// <summary>Damage to tables.</summary>
    public IReadOnlyList<FuzzPatch> Patches { get; init; } = [];

    /// <summary>Blocks after which an interrupt comes; 0: none.</summary>
    public int InterruptAfter { get; init; }

    public byte InterruptVector { get; init; }

    public bool IsNmi { get; init; }

    public int Bitness => Mode switch { FuzzMode.Real or FuzzMode.Virtual8086 or FuzzMode.Protected16 => 16, FuzzMode.Long => 64, _ => 32 };

    public override string ToString() =>
        $"case {Index}: {Mode} mode, level {Level}, {(Paging ? Pae ? "PAE or long paging" : "32-bit paging" : "no paging")}, {Dispatch}, {Patches.Count} damaged tables, code {Convert.ToHexStringLower(Code)} at {CodeAt:x}\n  flags {Flags:x} mxcsr {MxCsr:x} registers {string.Join(' ', Registers.Select(value => $"{value:x}"))}";
}
