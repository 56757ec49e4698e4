using System.Runtime.InteropServices;
using Iced.Intel;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>Which NaN comes of several that meet in a dot product differs from processor to processor: for the comparison all are one.</summary>
internal static unsafe class UnpromisedNaNs
{
    public static void Clear(in Instruction instruction, ref Registers registers)
    {
        var isSingle = instruction.Mnemonic is Mnemonic.Dpps or Mnemonic.Vdpps;
        if (!isSingle && instruction.Mnemonic is not (Mnemonic.Dppd or Mnemonic.Vdppd)) return;
        fixed (byte* vectors = registers.Vector)
        {
            var result = new Span<byte>(vectors + instruction.Op0Register.GetNumber() * Registers.VectorBytes, Registers.VectorBytes);
            if (isSingle)
            {
                foreach (ref var element in MemoryMarshal.Cast<byte, float>(result)) element = float.IsNaN(element) ? float.NaN : element;
            }
            else
            {
                foreach (ref var element in MemoryMarshal.Cast<byte, double>(result)) element = double.IsNaN(element) ? double.NaN : element;
            }
        }
    }
}
