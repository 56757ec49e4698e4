using Iced.Intel;
using Tcg.Mttcg.Translator.Guest;
using Tcg.Mttcg.Translator.Host.Interpreter.Simd;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.Guest;

/// <summary>Every opcode of every map, with every mandatory prefix and all shapes of ModRM, in every mode.</summary>
public sealed class EverythingTests
{
    private static readonly byte[][] Prefixes = [[], [0x66], [0xf2], [0xf3], [0x67], [0xf0], [0x66, 0xf2]];
    private static readonly byte[][] Maps = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];

    // Displacements and immediates; the SIB byte is [rax+rcx*2].
    private static readonly byte[] Tail = [0x48, 0x12, 0x34, 0x05, 0, 0, 0, 0, 0x01, 0x02];

    [Fact]
    public void Every_row_lifts_to_well_formed_ir_and_is_reachable()
    {
        var seen = new HashSet<Mnemonic>();
        LiftAll(Lifted.Flat64 | TbFlags.Avx, 64, seen);
        LiftAll(Lifted.Flat32 | TbFlags.Avx, 32, seen);
        LiftAll(Lifted.Real16, 16, seen);
        Assert.Equal("", string.Join(' ', LiftTable.Rows.Select(row => row.Mnemonic).Except(seen)));
    }

    [Theory]
    [InlineData(Lifted.Segmented32 | TbFlags.Avx | (TbFlags)3, 32)]
    [InlineData(Lifted.Segmented32 | TbFlags.TaskSwitched | TbFlags.MonitorCoprocessor, 32)]
    [InlineData(TbFlags.Protected | TbFlags.Virtual8086 | (TbFlags)3, 16)]
    [InlineData(Lifted.Flat64 | (TbFlags)3 | TbFlags.Umip | TbFlags.TimeStampDisable, 64)]
    public void Other_processor_states_give_well_formed_ir_too(TbFlags flags, int bitness) => LiftAll(flags, bitness, []);

    // All register forms where they select an instruction, else one for each pair; three shapes of memory operand.
    private static bool Matters(int opcode, int modRm) => modRm < 0xc0
        ? (modRm & 0xc7) is 0x00 or 0x04 or 0x45
        : opcode is 0x01 or 0x1e or 0xae or 0xc7 or (>= 0xd8 and <= 0xdf) || (modRm & 7) == ((modRm >> 3) & 7);

    private static void LiftAll(TbFlags flags, int bitness, HashSet<Mnemonic> seen)
    {
        var lifter = new BlockLifter();
        var block = new IrBlock();
        var context = new TbContext(0x1000, 0, flags, (TbCompileFlags)1);
        foreach (var lead in Legacy(bitness).Concat(Vex()))
        {
            for (var opcode = 0; opcode < 256; opcode++)
            {
                for (var modRm = 0; modRm < 256; modRm++)
                {
                    if (!Matters(opcode, modRm)) continue;
                    byte[] code = [.. lead, (byte)opcode, (byte)modRm, .. Tail];
                    Assert.Equal(LiftOutcome.Lifted, lifter.Lift(block, context, new CodePages(code, room: 32)));
                    foreach (var simd in block.Simd) Interpreted(simd);
                    if (IrVerifier.Check(block) is { } problem) Assert.Fail($"{Convert.ToHexString(code)}: {problem}\n{IrText.Print(block)}");
                    var decoder = Decoder.Create(bitness, code);
                    seen.Add(decoder.Decode().Mnemonic);
                }
            }
        }
    }

    // Moves by elements are a helper.
    private static unsafe void Interpreted(in IrSimd simd) =>
        Assert.True(simd.Elements != 0 || SimdTable.Find(simd.Instruction.Mnemonic).Body != null, $"{simd.Instruction.Mnemonic} has no routine in the interpreter");

    private static IEnumerable<byte[]> Legacy(int bitness)
    {
        byte[][] rex = bitness == 64 ? [[], [0x48]] : [[]];
        return from prefix in Prefixes from map in Maps from wide in rex select (byte[])[.. prefix, .. wide, .. map];
    }

    // Three maps, W, the second source none (or register 0) or register 3, L and the mandatory prefix.
    private static IEnumerable<byte[]> Vex() =>
        from map in (int[])[1, 2, 3]
        from wide in (int[])[0, 0x80]
        from second in (int[])[0xf << 3, 0xc << 3]
        from rest in Enumerable.Range(0, 8)
        select (byte[])[0xc4, (byte)(0xe0 | map), (byte)(wide | second | rest)];
}
