using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Tcg.Mttcg.Translator.Host.Interpreter.Float;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>The operands of one SIMD instruction. What a routine changes takes effect only if no unmasked exception came up.</summary>
internal unsafe struct SimdOperands
{
    /// <summary>The current lane of the first source (zero if there is none), changed in place to the result. 32 bytes in all.</summary>
    public byte* Dst;

    /// <summary>The current lane of the last source; memory and general registers zero-extended.</summary>
    public byte* Src;

    /// <summary>The current lane of the third source; XMM0 for legacy encodings, which do not name it.</summary>
    public byte* Third;

    /// <summary>The lane that Dst, Src and Third point at: 0, or 1 for the upper half of a YMM register.</summary>
    public int Lane;

    /// <summary>16 or 32: the width of the operation.</summary>
    public int VectorBytes;

    /// <summary>With VEX: 2 if Dst is a source too.</summary>
    public int Sources;

    public bool IsVex;

    public CpuState* State;
    public byte Immediate;

    /// <summary>The second operand is memory: scalar loads then clear the rest of the register.</summary>
    public bool FromMemory;

    /// <summary>Width of the general register or memory operand on the source side, in bytes.</summary>
    public int SourceBytes;

    /// <summary>Width of a general register destination, in bytes.</summary>
    public int ResultBytes;

    /// <summary>The first operand is a source only.</summary>
    public bool KeepsFirst;

    /// <summary>EFLAGS bits for instructions that set flags; they set all six.</summary>
    public uint Flags;

    public FloatContext Float;

    public readonly Vector128<T> D<T>() => Unsafe.ReadUnaligned<Vector128<T>>(Dst);

    public readonly Vector128<T> S<T>() => Unsafe.ReadUnaligned<Vector128<T>>(Src);

    public readonly void Set<T>(Vector128<T> value) => Unsafe.WriteUnaligned(Dst, value);

    public readonly Vector128<T> T3<T>() => Unsafe.ReadUnaligned<Vector128<T>>(Third);

    /// <summary>Sets Dst element by element from Dst and Src.</summary>
    public readonly void Map<T>(delegate*<T, T, T> function)
        where T : unmanaged
    {
        for (var index = 0; index < 16 / sizeof(T); index++) ((T*)Dst)[index] = function(((T*)Dst)[index], ((T*)Src)[index]);
    }
}
