namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Port input and output, and the string instructions (two of which use ports).</summary>
internal static unsafe class PortHelpers
{
    internal static readonly HelperRow[] Rows =
    [
        new(HelperId.In, &In),
        new(HelperId.Out, &Out),
        new(HelperId.StringOperation, &String),
    ];

    private static ulong In(Cpu cpu, ulong port, ulong bytes, ulong c) =>
        cpu.TryPort((ushort)port, (int)bytes) ? cpu.Ports.Io.Read((ushort)port, (int)bytes) : 0;

    private static ulong Out(Cpu cpu, ulong port, ulong bytes, ulong value)
    {
        if (cpu.TryPort((ushort)port, (int)bytes)) cpu.Ports.Io.Write((ushort)port, (int)bytes, (uint)value);
        return 0;
    }

    private static ulong String(Cpu cpu, ulong operation, ulong b, ulong c) => new StringRun(cpu, new StringOperation(operation)).Run();
}
