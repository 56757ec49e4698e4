using System.Globalization;
using System.Text;
using Iced.Intel;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Host;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Diagnostics;

/// <summary>What a log shows: QEMU's <c>-d</c> items.</summary>
[Flags]
public enum LogItems
{
    None = 0,
    /// <summary>Guest code of each new TB.</summary>
    InAsm = 1,
    /// <summary>IR as lifted.</summary>
    Op = 2,
    /// <summary>IR after the passes.</summary>
    OpOpt = 4,
    /// <summary>Host code of each new TB.</summary>
    OutAsm = 8,
    /// <summary>Interrupts and exceptions as they are delivered.</summary>
    Int = 16,
    /// <summary>Each TB before it runs. TBs are not chained then, so that none is missed.</summary>
    Exec = 32,
    /// <summary>The registers before each TB runs; not chained either.</summary>
    Cpu = 64,
}

/// <summary>Writes what all vCPUs of a machine do. Each record is written whole, whoever else writes.</summary>
public sealed unsafe class ExecutionLog(TextWriter writer, LogItems items)
{
    private readonly Lock _lock = new();

    public bool Has(LogItems item) => (items & item) != 0;

    /// <summary>Something must be told before every TB.</summary>
    public bool EveryBlock => Has(LogItems.Exec | LogItems.Cpu);

    public void Lifted(int cpu, IrBlock block, ReadOnlySpan<byte> guestBytes)
    {
        if (Has(LogItems.InAsm)) Write($"IN: cpu {cpu}\n{Disassemble(guestBytes, block.Context.Bitness, block.Context.Rip)}");
        if (Has(LogItems.Op)) Write($"OP: cpu {cpu}\n{IrText.Print(block)}");
    }

    public void Optimised(int cpu, IrBlock block)
    {
        if (Has(LogItems.OpOpt)) Write($"OP after passes: cpu {cpu}\n{IrText.Print(block)}");
    }

    public void Emitted(IBackEnd backEnd, TranslationBlock block)
    {
        if (Has(LogItems.OutAsm) && backEnd.Listing(block) is { } listing) Write(listing);
    }

    public void Delivering(Cpu cpu, string what)
    {
        if (Has(LogItems.Int)) Write($"INT: cpu {cpu.Ports.Index} {what} at {cpu.State->Cs.Selector:x4}:{cpu.State->Rip:x16} cr2={cpu.State->Cr2:x16}\n");
    }

    public void Executing(Cpu cpu, TranslationBlock block)
    {
        if (Has(LogItems.Exec)) Write($"EXEC: cpu {cpu.Ports.Index} TB {block.Id} pc={block.Key.Context.Pc:x16} flags={(uint)block.Key.Context.Flags:x8}\n");
        if (Has(LogItems.Cpu)) Write(RegisterDump.Of(cpu));
    }

    public static string Disassemble(ReadOnlySpan<byte> bytes, int bitness, ulong rip)
    {
        var decoder = Iced.Intel.Decoder.Create(bitness, new ByteArrayCodeReader(bytes.ToArray()), rip);
        var formatter = new NasmFormatter();
        var output = new StringOutput();
        var text = new StringBuilder();
        while (decoder.IP < rip + (ulong)bytes.Length)
        {
            var start = (int)(decoder.IP - rip);
            decoder.Decode(out var instruction);
            formatter.Format(instruction, output);
            var hex = Convert.ToHexStringLower(bytes.Slice(start, Math.Max(1, instruction.Length)));
            text.Append(CultureInfo.InvariantCulture, $"0x{rip + (ulong)start:x8}:  {hex,-22} {output.ToStringAndReset()}\n");
        }
        return text.ToString();
    }

    private void Write(string record)
    {
        lock (_lock) writer.Write(record);
    }
}
