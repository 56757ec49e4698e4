using System.Text;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Hosting;

/// <summary>A processor's registers as text, for diagnoses. The vCPU must stand still.</summary>
public static unsafe class CpuDump
{
    private static readonly string[] Names = ["RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI", "R8 ", "R9 ", "R10", "R11", "R12", "R13", "R14", "R15"];

    public static string Text(Cpu cpu)
    {
        var state = cpu.State;
        var text = new StringBuilder();
        text.Append($"vCPU {cpu.Ports.Index}  RIP={state->Rip:x16} RFL={(uint)cpu.Eflags:x8} CPL={cpu.Cpl}");
        if (cpu.WaitsForStartUp) text.Append(" waits for its start-up IPI");
        else if (state->Halted != 0) text.Append(" halted");
        text.AppendLine();
        for (var i = 0; i < Names.Length; i++) text.Append($"  {Names[i]}={state->Gpr[i]:x16}").Append(i % 4 == 3 ? Environment.NewLine : "");
        Segments(text, state);
        text.AppendLine($"  GDT={state->GdtBase:x16} {state->GdtLimit:x4}  IDT={state->IdtBase:x16} {state->IdtLimit:x4}");
        text.Append($"  CR0={state->Cr0:x8} CR2={state->Cr2:x16} CR3={state->Cr3:x16} CR4={state->Cr4:x8} EFER={state->Efer:x}");
        return text.ToString();
    }

    private static void Segments(StringBuilder text, CpuState* state)
    {
        (string Name, SegmentRegister Register)[] all =
        [
            ("ES", state->Es), ("CS", state->Cs), ("SS", state->Ss), ("DS", state->Ds), ("FS", state->Fs), ("GS", state->Gs), ("LDT", state->Ldtr), ("TR", state->Tr),
        ];
        foreach (var (name, register) in all)
            text.AppendLine($"  {name,-3}={register.Selector:x4} {register.Base:x16} {register.Limit:x8} {register.Attributes:x4}");
    }
}
