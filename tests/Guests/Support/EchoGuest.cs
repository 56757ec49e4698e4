using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Tests.Support;

/// <summary>Says "ready" on its serial port, then writes each received byte in hexadecimal; q ends it by isa-debug-exit.</summary>
internal static class EchoGuest
{
    public static GuestImage Build() => Boot.Guest(p =>
    {
        Iced.Intel.Label wait = p.C.CreateLabel(), more = p.C.CreateLabel();
        p.Print("ready");
        p.C.nop();
        p.C.Label(ref more);
        p.C.mov(dx, MemoryMap.Serial + 5);
        p.C.Label(ref wait);
        p.C.@in(al, dx);
        p.C.test(al, 1);
        p.C.je(wait);
        p.C.mov(dx, MemoryMap.Serial);
        p.C.@in(al, dx);
        p.C.movzx(r14d, al);
        p.Print("<");
        foreach (var shift in (byte[])[4, 0])
        {
            var put = p.C.CreateLabel();
            p.C.mov(eax, r14d);
            p.C.shr(eax, shift);
            p.C.and(al, 15);
            p.C.add(al, (sbyte)'0');
            p.C.cmp(al, (sbyte)'9');
            p.C.jbe(put);
            p.C.add(al, (sbyte)('a' - '9' - 1));
            p.C.Label(ref put);
            p.PrintAl();
        }
        p.Print(">");
        p.C.cmp(r14d, 'q');
        p.C.jne(more);
        p.Exit(0);
    });
}
