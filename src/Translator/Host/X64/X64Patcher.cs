using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Translator.Host.X64;

/// <summary>
/// Changes to published host code. Each is one aligned store through the writable view, so a vCPU that executes the code meanwhile sees the old
/// instruction or the new one, whole. Called by the owner of the jump lists only.
/// </summary>
public static unsafe class X64Patcher
{
    /// <summary>Makes the jump slot of <paramref name="from"/> lead to the head of <paramref name="to"/>.</summary>
    /// <exception cref="InvalidOperationException">The two are more than 2 GiB apart.</exception>
    public static void Link(TranslationBlock from, int slot, TranslationBlock to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        var region = RegionOf(from);
        var displacement = DisplacementOf(from, slot);
        var distance = (nint)to.Entry - (nint)(region.Executable + displacement + 4);
        if (distance != (int)distance) throw new InvalidOperationException("translation blocks more than 2 GiB apart cannot be chained");
        Volatile.Write(ref *(int*)(region.Writable + displacement), (int)distance);
    }

    /// <summary>Leads the jump slot back to its stub, which leaves to the dispatcher.</summary>
    public static void Unlink(TranslationBlock from, int slot)
    {
        ArgumentNullException.ThrowIfNull(from);
        var region = RegionOf(from);
        var displacement = DisplacementOf(from, slot);
        Volatile.Write(ref *(int*)(region.Writable + displacement), from.Jump(slot).StubOffset - (displacement + 4));
    }

    /// <summary>Makes the head leave with <see cref="Runtime.TbExitReason.ExitRequest"/> for ever: JMP rel32 over the first five of its eight bytes.</summary>
    public static void Kill(TranslationBlock tb)
    {
        ArgumentNullException.ThrowIfNull(tb);
        var region = RegionOf(tb);
        KillHead(region, tb.CodeOffset, tb.ExitStubOffset);
        if (tb.LoopOffset != 0) KillHead(region, tb.LoopOffset, tb.LoopStubOffset);
    }

    private static void KillHead(CodeRegion region, int head, int stub)
    {
        var bytes = (ulong*)(region.Writable + head);
        var jump = 0xe9ul | (ulong)(uint)(stub - (head + 5)) << 8;
        Volatile.Write(ref *bytes, *bytes & ~0xff_ffff_fffful | jump);
    }

    private static CodeRegion RegionOf(TranslationBlock tb) =>
        tb.Region ?? throw new InvalidOperationException("the translation block has no host code");

    private static int DisplacementOf(TranslationBlock tb, int slot)
    {
        var displacement = tb.Jump(slot).DisplacementOffset;
        return displacement != 0 ? displacement : throw new InvalidOperationException($"the translation block has no jump slot {slot}");
    }
}
