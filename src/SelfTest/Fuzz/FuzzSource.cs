using Iced.Intel;
using Tcg.Mttcg.SelfTest.Isa;
using Tcg.Mttcg.SelfTest.Oracle;

namespace Tcg.Mttcg.SelfTest.Fuzz;

/// <summary>Draws cases: the same seed and index give the same case, whatever ran before.</summary>
internal sealed class FuzzSource(int seed)
{
    private const int LongestRaw = 24, MostInstructions = 6;

    private static readonly OpCodeInfo[] Encodings = [.. IsaGroups.Encodings.SelectMany(group => group)];

    public FuzzCase Draw(long index)
    {
        var random = new RandomValues(((long)seed << 40) ^ index);
        var mode = (FuzzMode)random.Below(6);
        var paging = mode >= FuzzMode.Compatibility || (mode != FuzzMode.Real && random.Below(2) == 0);
        var pae = mode >= FuzzMode.Compatibility || random.Below(2) == 0;
        var level = mode switch { FuzzMode.Real => 0, FuzzMode.Virtual8086 => 3, _ => random.Below(4) };
        var bitness = mode switch { FuzzMode.Long => 64, FuzzMode.Protected32 or FuzzMode.Compatibility => 32, _ => 16 };
        var codeAt = FuzzLayout.Code + (random.Below(3) == 0 ? FuzzLayout.PageBytes - 1 - random.Below(LongestRaw) : random.Below(FuzzLayout.PageBytes));
        return new FuzzCase(index, mode, level, paging, pae, Code(random, bitness), codeAt)
        {
            Dispatch = random.Below(8) == 0 ? FuzzDispatch.Chained : FuzzDispatch.Unchained,
            Registers = Registers(random),
            Vectors = Bytes(random, 16 * 64, lanes: true),
            Cr0 = ((ulong)random.Below(2) << 16 | (ulong)random.Below(2) << 5 | (ulong)random.Below(2) << 18) | (random.Below(8) == 0 ? (ulong)random.Below(8) << 1 : 2),
            Cr4 = random.Below(4) == 0 ? random.Bits() : 0,
            Flags = (uint)random.Bits() & 0x8d5 | (random.Below(2) == 0 ? 0x200u : 0) | (uint)random.Below(4) << 12 | (random.Below(8) == 0 ? (uint)random.Bits() & 0x254500 : 0),
            MxCsr = random.Below(4) == 0 ? (uint)random.Bits() & 0xffff : 0x1f80,
            X87Control = (ushort)(random.Below(4) == 0 ? random.Bits() & 0x1f7f : 0x37f),
            Patches = Patches(random),
            InterruptAfter = random.Below(4) == 0 ? 1 + random.Below(8) : 0,
            InterruptVector = (byte)random.Below(256),
            IsNmi = random.Below(4) == 0,
        };
    }

    private static byte[] Code(RandomValues random, int bitness) => random.Below(4) switch
    {
        0 => Bytes(random, 4 + random.Below(LongestRaw), lanes: false),
        1 => Mutate(random, Instructions(random, bitness)),
        _ => Instructions(random, bitness),
    };

    // Instructions of any privilege, whose operands may point anywhere.
    private static byte[] Instructions(RandomValues random, int bitness)
    {
        var mode = bitness switch { 64 => OracleMode.Long, 32 => OracleMode.Flat, _ => OracleMode.Short };
        var source = new FormSource(random, mode);
        var code = new List<byte>();
        for (var count = 1 + random.Below(MostInstructions); count > 0; count--)
        {
            var info = random.Pick(Encodings);
            var fits = bitness switch { 64 => info.Mode64, 32 => info.Mode32, _ => info.Mode16 };
            if (fits && source.Draw(info, random.Below(2) == 0) is { } form) code.AddRange(form.Bytes);
            else code.AddRange(Opcode(random, info));
        }
        if (random.Below(4) == 0) code.AddRange([0xeb, (byte)-(code.Count + 2)]);
        return [.. code];
    }

    // The opcode alone with random bytes behind it: branches, far pointers, control registers.
    private static IEnumerable<byte> Opcode(RandomValues random, OpCodeInfo info)
    {
        if (random.Below(8) == 0) yield return random.Pick<byte>([0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x2e, 0x64, 0x65, 0x48]);
        switch (info.MandatoryPrefix)
        {
            case MandatoryPrefix.P66: yield return 0x66; break;
            case MandatoryPrefix.PF2: yield return 0xf2; break;
            case MandatoryPrefix.PF3: yield return 0xf3; break;
        }
        if (info.Table != OpCodeTableKind.Normal) yield return 0x0f;
        if (info.Table == OpCodeTableKind.T0F38) yield return 0x38;
        if (info.Table == OpCodeTableKind.T0F3A) yield return 0x3a;
        if (info.OpCodeLength == 2) yield return (byte)(info.OpCode >> 8);
        yield return (byte)info.OpCode;
        if (info.GroupIndex >= 0) yield return (byte)((info.GroupIndex << 3) | (random.Below(256) & 0xc7));
        for (var tail = random.Below(6); tail > 0; tail--) yield return random.Below(3) == 0 ? (byte)0 : (byte)random.Below(256);
    }

    private static byte[] Mutate(RandomValues random, byte[] code)
    {
        for (var times = 1 + random.Below(3); times > 0 && code.Length > 0; times--) code[random.Below(code.Length)] ^= (byte)(1 << random.Below(8));
        return code;
    }

    private static ulong[] Registers(RandomValues random)
    {
        var registers = new ulong[16];
        for (var index = 0; index < 16; index++)
        {
            registers[index] = random.Below(8) switch
            {
                < 3 => (ulong)(FuzzLayout.Data + random.Below(0x1000)),
                3 => (ulong)(FuzzLayout.Code + random.Below(0x1000)),
                4 => (ulong)random.Below(FuzzLayout.RamBytes),
                5 => (ulong)(FuzzLayout.GdtEntries - 1 - random.Below(FuzzLayout.GdtEntries)) * 8 | (uint)random.Below(8),
                _ => random.Integer(),
            };
        }
        registers[1] = random.Below(2) == 0 ? (ulong)random.Below(64) : registers[1];
        return registers;
    }

    private static List<FuzzPatch> Patches(RandomValues random)
    {
        var patches = new List<FuzzPatch>();
        if (random.Below(3) != 0) return patches;
        for (var count = 1 + random.Below(4); count > 0; count--) patches.Add(new(random.Below(FuzzLayout.TablesEnd - 64), Bytes(random, 1 + random.Below(32), lanes: false)));
        return patches;
    }

    private static byte[] Bytes(RandomValues random, int count, bool lanes)
    {
        var bytes = new byte[count];
        for (var at = 0; at < count; at += 8) BitConverter.GetBytes(lanes ? random.Lanes(at >> 3 & 3) : random.Bits()).AsSpan(0, Math.Min(8, count - at)).CopyTo(bytes.AsSpan(at));
        return bytes;
    }
}
