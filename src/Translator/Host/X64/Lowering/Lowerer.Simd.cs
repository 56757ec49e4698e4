using Iced.Intel;
using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>
/// Guest SIMD as host SIMD: the decoded instruction is encoded again with its general registers and its memory operand replaced. Vector registers
/// are the same on both sides.
/// </summary>
internal sealed unsafe partial class Lowerer
{
    private void Simd()
    {
        ref var x = ref Current;
        var simd = _block.Simd[(int)x.Imm];
        var instruction = simd.Instruction;
        var raises = simd.Raises && (_block.Context.Flags & TbFlags.SimdExceptions) != 0;
        if (raises) EnsureSaved();
        if (raises && simd.Stores)
        {
            CallHelper(HelperId.Interpret);
            return;
        }
        if (simd.MemorySize > 0) Lookup(simd.Stores ? AccessKind.Write : AccessKind.Read, simd.MemorySize);
        var touchesFlags = instruction.RflagsModified != RflagsBits.None;
        if (simd.MemorySize > 0) PointTo(ref instruction, Register.RDX, (uint)_hostOffset);
        if (raises && TryRaise(instruction)) return;
        if (touchesFlags) BeforeFlagOperation();

        if (ComparesStrings(instruction.Mnemonic)) CompareStrings(instruction, simd.MemorySize > 0);
        else EncodeSimd(instruction);
        if (touchesFlags) AfterFlagOperation();
        if (simd.Stores || simd.Elements != 0) ResumeHere();
    }

    private static void PointTo(ref Instruction instruction, Register register, uint displacement)
    {
        instruction.MemoryBase = register;
        instruction.MemoryIndex = Register.None;
        instruction.MemoryIndexScale = 1;
        instruction.MemoryDisplacement64 = displacement;
        instruction.MemoryDisplSize = displacement == 0 ? 0 : 8;
        instruction.SegmentPrefix = Register.None;
    }

    /// <summary>Replaces the general register operand by a host register, encodes, and stores a result that has no register home.</summary>
    private void EncodeSimd(Instruction instruction)
    {
        ref var x = ref Current;
        var result = Loc.None;
        var wide = OpSize.B32;
        for (var k = 0; k < instruction.OpCount; k++)
        {
            if (instruction.GetOpKind(k) != OpKind.Register || !instruction.GetOpRegister(k).IsGPR()) continue;
            wide = instruction.GetOpRegister(k).GetSize() == 8 ? OpSize.B64 : OpSize.B32;
            Reg host;
            if (k == 0 && !x.Dst.IsNone)
            {
                result = Place(x.Dst);
                host = result.IsRegister ? result.Register : Reg.Rax;
            }
            else
            {
                host = InRegister(wide, Place(x.A), Reg.Rax);
            }
            instruction.SetOpRegister(k, (wide == OpSize.B64 ? Register.RAX : Register.EAX) + (int)host);
        }
        Encode(instruction);
        if (result.IsMemory) StoreResult(wide, result, Reg.Rax);
    }

    private void Encode(in Instruction instruction)
    {
        if (_encoder.TryEncode(instruction, 0, out _, out var error)) return;
        throw new NotSupportedException($"no host form of guest instruction {instruction}: {error}");
    }

    /// <summary>The slow path's store goes to the bounce buffer first; RDX must survive.</summary>
    private void EncodeSimdStoreToBounce()
    {
        var instruction = _block.Simd[(int)Current.Imm].Instruction;
        PointTo(ref instruction, Register.RBP, CpuState.BounceOffset);
        EncodeSimd(instruction);
    }

    /// <summary>By explicit lengths or to an index: with implicit general registers, for which it needs RDX and more.</summary>
    internal static bool ComparesStrings(Mnemonic mnemonic) => mnemonic
        is Mnemonic.Pcmpistri or Mnemonic.Pcmpestri or Mnemonic.Pcmpestri64 or Mnemonic.Pcmpestrm or Mnemonic.Pcmpestrm64
        or Mnemonic.Vpcmpistri or Mnemonic.Vpcmpestri or Mnemonic.Vpcmpestri64 or Mnemonic.Vpcmpestrm or Mnemonic.Vpcmpestrm64;

    /// <summary>The SSE4.2 string compares take lengths in (E)AX and (E)DX and leave an index in ECX, all scratch here.</summary>
    private void CompareStrings(Instruction instruction, bool memory)
    {
        ref var x = ref Current;
        if (!x.A.IsNone)
        {
            if (memory)
            {
                _w.Mov(OpSize.B64, Reg.Rcx, Reg.Rdx);
                PointTo(ref instruction, Register.RCX, 0);
            }
            LoadInto(OpSize.B64, Reg.Rax, Place(x.A));
            LoadInto(OpSize.B64, Reg.Rdx, Place(x.B));
        }
        Encode(instruction);
        if (!x.Dst.IsNone) StoreResult(OpSize.B32, Place(x.Dst), Reg.Rcx);
    }
}
