using System.Text;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>Where two outcomes of one case differ, as text; null: nowhere.</summary>
internal static unsafe class Comparison
{
    private static readonly string[] Names = Enumerable.Range(0, 16).Select(number => Tcg.Mttcg.Translator.Ir.Operand.Gpr(number).ToString()).ToArray();

    /// <summary>Whether <see cref="Differences"/> would find none.</summary>
    public static bool Agree(in Registers native, in Registers guest, uint undefinedFlags, Arena arena)
    {
        var flags = Registers.ComparedFlags & ~undefinedFlags;
        if (((native.Flags ^ guest.Flags) & flags) != 0 || (uint)native.MxCsr != (uint)guest.MxCsr) return false;
        if (native.X87Control != guest.X87Control || native.X87Status != guest.X87Status || native.X87InUse != guest.X87InUse) return false;
        fixed (Registers* a = &native, b = &guest)
        {
            if (!new Span<ulong>(a->Gpr, 16).SequenceEqual(new Span<ulong>(b->Gpr, 16))) return false;
            const int vectors = 16 * Registers.VectorBytes;
            if (!new Span<byte>(a->Vector, vectors).SequenceEqual(new Span<byte>(b->Vector, vectors))) return false;
            for (var index = 0; index < 8; index++)
            {
                if ((a->X87InUse >> ((a->X87Top + index) & 7) & 1) != 0 && !new Span<byte>(a->St + index * 16, 10).SequenceEqual(new Span<byte>(b->St + index * 16, 10))) return false;
            }
        }
        return arena.NativeData.SequenceEqual(arena.GuestData) && arena.NativeStack.SequenceEqual(arena.GuestStack);
    }

    public static string? Differences(in Registers before, in Registers native, in Registers guest, uint undefinedFlags, Arena arena)
    {
        var text = new StringBuilder();
        for (var index = 0; index < 16; index++)
        {
            if (native.Gpr[index] != guest.Gpr[index]) text.Append($"  {Names[index]}: host {native.Gpr[index]:x16} guest {guest.Gpr[index]:x16}\n");
        }
        fixed (byte* a = native.Vector, b = guest.Vector)
        {
            for (var index = 0; index < 16; index++)
            {
                if (!Vector(a, index).SequenceEqual(Vector(b, index))) text.Append($"  ymm{index}: host {Hex(a, index)} guest {Hex(b, index)}\n");
            }
        }
        var mask = Registers.ComparedFlags & ~undefinedFlags;
        if ((native.Flags & mask) != (guest.Flags & mask)) text.Append($"  flags: host {Flags(native.Flags)} guest {Flags(guest.Flags)}\n");
        if ((uint)native.MxCsr != (uint)guest.MxCsr) text.Append($"  mxcsr: host {(uint)native.MxCsr:x4} guest {(uint)guest.MxCsr:x4} (was {(uint)before.MxCsr:x4})\n");
        X87(text, before, native, guest);
        Memory(text, "data", arena.NativeData, arena.GuestData);
        Memory(text, "stack", arena.NativeStack, arena.GuestStack);
        return text.Length == 0 ? null : text.Append($"  before: {StateText.Format(before, [])}\n").ToString();
    }

    // What an empty register holds is nobody's business.
    private static void X87(StringBuilder text, Registers before, Registers native, Registers guest)
    {
        if (native.X87Control != guest.X87Control) text.Append($"  fcw: host {native.X87Control:x4} guest {guest.X87Control:x4}\n");
        if (native.X87Status != guest.X87Status) text.Append($"  fsw: host {native.X87Status:x4} guest {guest.X87Status:x4} (was {before.X87Status:x4}, fcw {before.X87Control:x4})\n");
        if (native.X87InUse != guest.X87InUse) text.Append($"  in use: host {native.X87InUse:x2} guest {guest.X87InUse:x2}\n");
        for (var index = 0; index < 8; index++)
        {
            if ((native.X87InUse >> ((native.X87Top + index) & 7) & 1) == 0) continue;
            Span<byte> a = new(native.St + index * 16, 10), b = new(guest.St + index * 16, 10), c = new(before.St + index * 16, 10);
            if (!a.SequenceEqual(b)) text.Append($"  st{index}: host {Convert.ToHexStringLower(a)} guest {Convert.ToHexStringLower(b)} (st{index} was {Convert.ToHexStringLower(c)})\n");
        }
    }

    private static void Memory(StringBuilder text, string name, Span<byte> native, Span<byte> guest)
    {
        var at = native.CommonPrefixLength(guest);
        if (at == native.Length) return;
        at = Math.Min(at & ~15, native.Length - 16);
        text.Append($"  {name}+0x{at:x}: host {Convert.ToHexStringLower(native.Slice(at, 16))} guest {Convert.ToHexStringLower(guest.Slice(at, 16))}\n");
    }

    private static string Flags(ulong flags) => ((Tcg.Mttcg.Translator.Ir.ArithmeticFlags)(flags & Registers.ArithmeticFlags)).ToString();

    private static Span<byte> Vector(byte* vectors, int index) => new(vectors + index * Registers.VectorBytes, Registers.VectorBytes);

    private static string Hex(byte* vectors, int index) => string.Join('_', Vector(vectors, index).ToArray().Reverse().Chunk(8).Select(Convert.ToHexStringLower));
}
