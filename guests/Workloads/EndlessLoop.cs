using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Workloads;

/// <summary>Every CPU runs for ever, with interrupts off and without PAUSE, from block to block on one page. CPU 0 says "ready" first.</summary>
public static class EndlessLoop
{
    /// <param name="blocks">1: a block that jumps to itself; 2: two that jump to each other.</param>
    public static GuestImage Build(int blocks)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(blocks is 1 or 2, true);
        var program = new GuestProgram($"endless-{blocks}");
        var c = program.C;
        Label loop = c.CreateLabel(), other = c.CreateLabel();
        program.Main();
        c.test(ebx, ebx);
        c.jne(loop);
        program.Print("ready");
        // Its own page, so that no jump of the loop leaves a page.
        c.jmp(loop);
        for (var i = 0; i < 64; i++) c.nop();
        c.Label(ref loop);
        c.inc(rax);
        c.jmp(blocks == 1 ? loop : other);
        c.Label(ref other);
        c.inc(rcx);
        c.jmp(loop);
        return program.Build();
    }
}
