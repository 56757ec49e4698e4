using System.Globalization;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Ir;

/// <summary>Reads the text form of <see cref="IrText"/>. One instance parses one block.</summary>
internal sealed class IrTextParser
{
    public static readonly string[] Fences = ["mfence", "lfence", "sfence"];

    private static readonly string[] Registers = Enumerable.Range(0, 16).Select(number => Operand.Gpr(number).ToString()).ToArray();

    private readonly IrBlock _block = new();
    private int _line;

    public IrBlock Parse(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            _line++;
            var content = line.Split(';')[0].Trim();
            if (content.Length == 0) continue;
            if (content.StartsWith("block ", StringComparison.Ordinal)) ParseHeader(content);
            else ParseInstruction(content);
        }
        return _block;
    }

    private void ParseHeader(string content)
    {
        var context = default(TbContext);
        foreach (var word in content.Split(' ').Skip(1))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0) throw Bad($"'{word}' is not key=value");
            var value = word[(equals + 1)..];
            switch (word[..equals])
            {
                case "pc": context = context with { Pc = Number(value) }; break;
                case "csbase": context = context with { CsBase = Number(value) }; break;
                case "flags": context = context with { Flags = Enum.Parse<TbFlags>(value) }; break;
                case "cflags": context = context with { CompileFlags = (TbCompileFlags)Number(value) }; break;
                case "bytes": _block.GuestBytes = (int)Number(value); break;
                case "insns": _block.GuestInstructions = (int)Number(value); break;
                default: throw Bad($"unknown key '{word[..equals]}'");
            }
        }
        _block.Context = context;
    }

    private void ParseInstruction(string content)
    {
        var equals = content.IndexOf(" = ", StringComparison.Ordinal);
        var results = equals < 0 ? [] : content[..equals].Split(", ");
        var rest = equals < 0 ? content : content[(equals + 3)..];
        var space = rest.IndexOf(' ', StringComparison.Ordinal);
        var suffixes = (space < 0 ? rest : rest[..space]).Split('.');
        if (!IrTextNames.TryOp(suffixes[0], out var op)) throw Bad($"unknown operation '{suffixes[0]}'");

        ref var instruction = ref _block.Append(op);
        foreach (var suffix in suffixes.AsSpan(1)) ParseSuffix(ref instruction, suffix);
        if (results.Length > 0) instruction.Dst = ParseOperand(results[0]);
        if (results.Length > 1) instruction.Dst2 = ParseOperand(results[1]);
        var inputs = 0;
        foreach (var argument in space < 0 ? [] : rest[(space + 1)..].Split(", "))
        {
            if (!ParseSpecial(ref instruction, argument)) SetInput(ref instruction, inputs++, ParseOperand(argument));
        }
    }

    private void ParseSuffix(ref IrInstruction instruction, string suffix)
    {
        if (suffix == "flags") instruction.SetsFlags = true;
        else if (suffix == "lock") instruction.Lock = true;
        else if (suffix == "sx") instruction.Extend = Extension.Sign;
        else if (suffix.StartsWith("from", StringComparison.Ordinal)) instruction.SourceSize = ParseSize(suffix[4..]);
        else if (char.IsDigit(suffix[0])) instruction.Size = ParseSize(suffix);
        else if (instruction.Op == IrOp.GuestRmw && Enum.TryParse<RmwKind>(suffix, true, out var rmw)) instruction.Rmw = rmw;
        else if (IrShape.HasCondition(instruction.Op) && Enum.TryParse<Condition>(suffix, true, out var condition)) instruction.Cond = condition;
        else throw Bad($"unknown suffix '.{suffix}'");
    }

    private OpSize ParseSize(string bits) => bits switch
    {
        "8" => OpSize.B8,
        "16" => OpSize.B16,
        "32" => OpSize.B32,
        "64" => OpSize.B64,
        "128" => OpSize.B128,
        _ => throw Bad($"'{bits}' is no size"),
    };

    // What is no plain operand: slot, reason, fence, RIP, label, state field, helper, mask, SIMD, memory.
    private bool ParseSpecial(ref IrInstruction instruction, string argument)
    {
        switch (argument[0])
        {
            case 'L' when char.IsDigit(argument[^1]):
                instruction.Imm = Number(argument[1..]);
                while (_block.Labels <= (int)instruction.Imm) _block.NewLabel();
                return true;
            case '$':
                if (!IrTextNames.TryStateOffset(argument[1..], out instruction.Imm)) throw Bad($"unknown state field '{argument}'");
                return true;
            case '@':
                instruction.Imm = (ulong)Enum.Parse<HelperId>(argument.AsSpan(1), ignoreCase: true);
                return true;
            case '{':
                instruction.Imm = (ulong)Enum.Parse<ArithmeticFlags>(argument[1..^1].Replace('|', ','));
                return true;
            case '#':
                instruction.Imm = (ulong)_block.Simd.Count;
                _block.Simd.Add(IrTextSimd.Parse(argument));
                return true;
            case '[':
                instruction.Mem = ParseAddress(argument);
                return true;
        }
        switch (IrShape.Aux(instruction.Op))
        {
            case AuxKind.Slot when argument.StartsWith("slot", StringComparison.Ordinal):
                instruction.Aux = (byte)Number(argument[4..]);
                return true;
            case AuxKind.ExitReason when Enum.TryParse<TbExitReason>(argument, true, out var reason) && !char.IsDigit(argument[0]):
                instruction.Aux = (byte)reason;
                return true;
            case AuxKind.Fence when Array.IndexOf(Fences, argument) is >= 0 and var fence:
                instruction.Aux = (byte)fence;
                return true;
        }
        if (IrShape.Imm(instruction.Op) != ImmKind.Rip) return false;
        instruction.Imm = Number(argument);
        return true;
    }

    private int ParseAddress(string text)
    {
        var address = new IrAddress { AddressSize = OpSize.B64, Segment = Segment.None };
        var words = text[1..^1].Split(' ');
        foreach (var word in words.AsSpan(1))
        {
            if (word == "linear32") address.Linear32 = true;
            else if (word.StartsWith("aligned", StringComparison.Ordinal)) address.Alignment = byte.Parse(word.AsSpan(7), CultureInfo.InvariantCulture);
            else if (word[0] == 'a') address.AddressSize = ParseSize(word[1..]);
            else throw Bad($"unknown address attribute '{word}'");
        }
        var sum = words[0];
        var colon = sum.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0)
        {
            address.Segment = Enum.Parse<Segment>(sum.AsSpan(0, colon), ignoreCase: true);
            sum = sum[(colon + 1)..];
        }
        foreach (var term in sum.Replace("-", "+-", StringComparison.Ordinal).Split('+', StringSplitOptions.RemoveEmptyEntries))
        {
            var star = term.IndexOf('*', StringComparison.Ordinal);
            if (star >= 0)
            {
                address.Index = ParseOperand(term[..star]);
                address.ScaleShift = (byte)System.Numerics.BitOperations.Log2((uint)Number(term[(star + 1)..]));
            }
            else if (term[0] == '-') address.Displacement = -(long)Number(term[1..]);
            else if (char.IsDigit(term[0]) && address.Base.IsNone && !sum.StartsWith('+') && sum.StartsWith(term, StringComparison.Ordinal)) address.Base = ParseOperand(term);
            else if (char.IsDigit(term[0])) address.Displacement = (long)Number(term);
            else address.Base = ParseOperand(term);
        }
        return _block.Address(address);
    }

    private Operand ParseOperand(string text)
    {
        if (text == "-") return Operand.None;
        if (char.IsDigit(text[0])) return _block.Constant(Number(text));
        if (text[0] == 't' && int.TryParse(text.AsSpan(1), out var temp))
        {
            while (_block.Temps <= temp) _block.NewTemp();
            return Operand.Temp(temp);
        }
        var register = Array.IndexOf(Registers, text);
        return register >= 0 ? Operand.Gpr(register) : throw Bad($"'{text}' is no operand");
    }

    private static void SetInput(ref IrInstruction instruction, int index, Operand operand)
    {
        if (index == 0) instruction.A = operand;
        else if (index == 1) instruction.B = operand;
        else instruction.C = operand;
    }

    private ulong Number(string text)
    {
        var hex = text.StartsWith("0x", StringComparison.Ordinal);
        if (ulong.TryParse(hex ? text.AsSpan(2) : text, hex ? NumberStyles.HexNumber : NumberStyles.None, CultureInfo.InvariantCulture, out var value)) return value;
        throw Bad($"'{text}' is no number");
    }

    private FormatException Bad(string message) => new($"line {_line}: {message}");
}
