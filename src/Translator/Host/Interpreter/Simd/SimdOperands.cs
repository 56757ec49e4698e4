using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Tcg.Mttcg.Translator.Host.Interpreter.Float;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>The operands of one SIMD instruction. What a routine changes takes effect only if no unmasked exception came up.</summary>
internal unsafe struct SimdOperands
{
    /// <summary>16 bytes: the first operand's old value (zero for a memory destination), changed in place to the new one.</summary>
    public byte* Dst;

    /// <summary>16 bytes: the second operand; memory and general registers zero-extended.</summary>
    public byte* Src;

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

    /// <summary>The implicit third operand of the SSE4.1 blends: XMM0.</summary>
    public readonly Vector128<T> Mask<T>() => Unsafe.ReadUnaligned<Vector128<T>>(State->Vector);

    /// <summary>Sets Dst element by element from Dst and Src.</summary>
    public readonly void Map<T>(delegate*<T, T, T> function)
        where T : unmanaged
    {
        for (var index = 0; index < 16 / sizeof(T); index++) ((T*)Dst)[index] = function(((T*)Dst)[index], ((T*)Src)[index]);
    }
}
