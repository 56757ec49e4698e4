using System.Globalization;
using System.Text;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>
/// Registers and memory as one line: <c>rax=80 flags=203 ymm1=1 st0=3fff8000000000000000 data+400=0011</c>. Numbers are hexadecimal, memory is bytes in
/// order; what is not named has its default.
/// </summary>
internal static unsafe class StateText
{
    private const int StBytes = 10, Chunk = 16;

    private static readonly string[] Names = [.. Enumerable.Range(0, 16).Select(number => Translator.Ir.Operand.Gpr(number).ToString())];

    public static string Format(Registers registers, ReadOnlySpan<byte> memory)
    {
        var text = new StringBuilder();
        var plain = Registers.Default;
        for (var index = 0; index < 16; index++) Word(text, Names[index], registers.Gpr[index], 0);
        Word(text, "flags", registers.Flags, plain.Flags);
        Word(text, "mxcsr", registers.MxCsr, plain.MxCsr);
        Word(text, "fcw", registers.X87Control, plain.X87Control);
        Word(text, "fsw", registers.X87Status, plain.X87Status);
        Word(text, "inuse", registers.X87InUse, plain.X87InUse);
        for (var index = 0; index < 16; index++) Number(text, $"ymm{index}", new(registers.Vector + index * Registers.VectorBytes, Registers.VectorBytes));
        for (var index = 0; index < 8; index++) Number(text, $"st{index}", new(registers.St + index * 16, StBytes));
        Memory(text, "data", memory[..Math.Min(memory.Length, Arena.DataBytes)]);
        Memory(text, "stack", memory[Math.Min(memory.Length, Arena.DataBytes)..]);
        return text.ToString().TrimEnd();
    }

    public static Registers Parse(string state, Span<byte> memory)
    {
        var registers = Registers.Default;
        foreach (var item in state.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (item.Split('=') is not [var name, var value]) throw new FormatException($"'{item}' is not name=value");
            if (name.StartsWith("data+", StringComparison.Ordinal)) Bytes(value, memory[Offset(name)..]);
            else if (name.StartsWith("stack+", StringComparison.Ordinal)) Bytes(value, memory[(Arena.DataBytes + Offset(name))..]);
            else if (name.StartsWith("ymm", StringComparison.Ordinal)) Number(value, new(registers.Vector + Index(name[3..]) * Registers.VectorBytes, Registers.VectorBytes));
            else if (name.StartsWith("st", StringComparison.Ordinal)) Number(value, new(registers.St + Index(name[2..]) * 16, StBytes));
            else Word(ref registers, name, ulong.Parse(value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        }
        return registers;
    }

    private static void Word(ref Registers registers, string name, ulong value)
    {
        switch (name)
        {
            case "flags": registers.Flags = value; break;
            case "mxcsr": registers.MxCsr = value; break;
            case "fcw": registers.X87Control = (ushort)value; break;
            case "fsw": registers.X87Status = (ushort)value; break;
            case "inuse": registers.X87InUse = (ushort)value; break;
            default:
                var number = Array.IndexOf(Names, name);
                if (number < 0) throw new FormatException($"'{name}' is no register");
                registers.Gpr[number] = value;
                break;
        }
    }

    private static int Offset(string name) => int.Parse(name[(name.IndexOf('+') + 1)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static int Index(string number) => int.Parse(number, CultureInfo.InvariantCulture);

    private static void Bytes(string value, Span<byte> to) => Convert.FromHexString(value).CopyTo(to);

    private static void Number(string value, Span<byte> to)
    {
        var bytes = Convert.FromHexString(value.PadLeft(to.Length * 2, '0'));
        bytes.AsSpan().Reverse();
        bytes.CopyTo(to);
    }

    private static void Word(StringBuilder text, string name, ulong value, ulong plain)
    {
        if (value != plain) text.Append(CultureInfo.InvariantCulture, $"{name}={value:x} ");
    }

    private static void Number(StringBuilder text, string name, Span<byte> value)
    {
        if (!value.ContainsAnyExcept((byte)0)) return;
        var bytes = value.ToArray();
        bytes.AsSpan().Reverse();
        text.Append(CultureInfo.InvariantCulture, $"{name}={Convert.ToHexStringLower(bytes).TrimStart('0')} ");
    }

    private static void Memory(StringBuilder text, string name, ReadOnlySpan<byte> memory)
    {
        for (var at = 0; at < memory.Length; at += Chunk)
        {
            var chunk = memory.Slice(at, Math.Min(Chunk, memory.Length - at));
            if (chunk.ContainsAnyExcept((byte)0)) text.Append(CultureInfo.InvariantCulture, $"{name}+{at:x}={Convert.ToHexStringLower(chunk)} ");
        }
    }
}
