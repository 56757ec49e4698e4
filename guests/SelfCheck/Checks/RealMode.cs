using Tcg.Mttcg.Guests.SelfCheck.Kit;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.SelfCheck.Checks;

/// <summary>Real-address mode.</summary>
internal static class RealMode
{
    public static void Add(LegacyMonitor m)
    {
        var p = m.Program;
        m.Check("protected 32: code runs to its end at CPL 3", "3A 6.12.1", () =>
        {
            var code = p.Code32((c, _) => c.mov(eax, 5));
            m.Run(code, Start.User32);
            m.ExpectDone(code);
            m.Expect(Field.Ax, 5);
        });
        m.Check("real: code runs to its end", "3A 20.1", () =>
        {
            var code = p.Code16((c, _) => c.mov(eax, 0x12345678));
            m.RunReal(code, Start.Real);
            m.ExpectDone(code);
            m.Expect(Field.Ax, 0x12345678);
        });
        m.Check("virtual-8086: code runs to its end", "3B 21.2", () =>
        {
            var code = p.Code16((c, _) => c.mov(eax, 0x12345678));
            m.Run(code, Start.Virtual with { Flags = Ef.Fixed | Ef.Vm | Ef.Iopl3 });
            m.ExpectDone(code);
            m.Expect(Field.Ax, 0x12345678);
        });
    }
}
