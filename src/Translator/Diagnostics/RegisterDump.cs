using System.Globalization;
using System.Text;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Diagnostics;

/// <summary>A processor's registers as text, in the order of QEMU's dump.</summary>
public static unsafe class RegisterDump
{
    private static readonly string[] Gprs = ["RAX", "RBX", "RCX", "RDX", "RSI", "RDI", "RBP", "RSP", "R8 ", "R9 ", "R10", "R11", "R12", "R13", "R14", "R15"];
    private static readonly int[] Numbers = [0, 3, 1, 2, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15];
    private const string FlagLetters = "ODITSZ-A-P-C";

    public static string Of(Cpu cpu)
    {
        var state = cpu.State;
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

        for (var i = 0; i < Gprs.Length; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{Gprs[i]}={state->Gpr[Numbers[i]]:x16}").Append(i % 4 == 3 ? '\n' : ' ');
        }
        Line($"RIP={state->Rip:x16} RFL={cpu.Eflags:x8} [{Letters(cpu.Eflags)}] CPL={cpu.Cpl} HLT={state->Halted} CPU={cpu.Ports.Index}{(cpu.WaitsForStartUp ? " waits for start-up" : "")}");
        for (var segment = Segment.Es; segment <= Segment.Gs; segment++) Line(SegmentLine(segment.ToString().ToUpperInvariant().PadRight(2), cpu.SegmentOf(segment)));
        Line(SegmentLine("LDT", state->Ldtr));
        Line(SegmentLine("TR ", state->Tr));
        Line($"GDT={state->GdtBase:x16} {state->GdtLimit:x8} IDT={state->IdtBase:x16} {state->IdtLimit:x8}");
        Line($"CR0={state->Cr0:x8} CR2={state->Cr2:x16} CR3={state->Cr3:x16} CR4={state->Cr4:x8} EFER={state->Efer:x8}");
        return text.ToString();
    }

    /// <summary>With the TBs that the dispatcher entered last, newest first.</summary>
    public static string Of(Cpu cpu, RecentBlocks recent)
    {
        var text = new StringBuilder(Of(cpu));
        text.Append("last TBs:");
        foreach (var key in recent.Keys()) text.Append(CultureInfo.InvariantCulture, $" {key.Context.Pc:x}");
        return text.Append('\n').ToString();
    }

    private static FormattableString SegmentLine(string name, SegmentRegister segment) =>
        $"{name,-3}={segment.Selector:x4} {segment.Base:x16} {segment.Limit:x8} {segment.Attributes:x4}";

    private static string Letters(uint eflags)
    {
        var letters = FlagLetters.ToCharArray();
        for (var i = 0; i < letters.Length; i++)
        {
            if ((eflags >> (11 - i) & 1) == 0) letters[i] = '-';
        }
        return new string(letters);
    }
}
