using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Ir;

/// <summary>The words of the text form: names of operations and of fields of the processor state.</summary>
internal static class IrTextNames
{
    private static readonly string[] OpNames = Enum.GetValues<IrOp>().Select(op => Snake(op.ToString())).ToArray();
    private static readonly Dictionary<string, IrOp> Ops = Enum.GetValues<IrOp>().ToDictionary(op => OpNames[(int)op]);

    // Fields of CpuState by offset, in order; a segment's parts and array elements are written as field+bytes.
    private static readonly (int Offset, string Name)[] Fields = typeof(CpuState).GetFields(BindingFlags.Public | BindingFlags.Instance)
        .Select(field => (field.GetCustomAttribute<FieldOffsetAttribute>()!.Value, field.Name)).OrderBy(field => field.Value).ToArray();

    public static string Op(IrOp op) => OpNames[(int)op];

    public static bool TryOp(string name, out IrOp op) => Ops.TryGetValue(name, out op);

    public static string StateField(ulong offset)
    {
        for (var index = Fields.Length - 1; index >= 0; index--)
        {
            if ((ulong)Fields[index].Offset > offset) continue;
            var rest = offset - (ulong)Fields[index].Offset;
            return rest == 0 ? Fields[index].Name : $"{Fields[index].Name}+{rest}";
        }
        return offset.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    public static bool TryStateOffset(string text, out ulong offset)
    {
        var plus = text.IndexOf('+', StringComparison.Ordinal);
        var name = plus < 0 ? text : text[..plus];
        ulong rest = 0;
        offset = 0;
        if (plus >= 0 && !ulong.TryParse(text.AsSpan(plus + 1), out rest)) return false;
        foreach (var field in Fields)
        {
            if (field.Name != name) continue;
            offset = (ulong)field.Offset + rest;
            return true;
        }
        return false;
    }

    private static string Snake(string name)
    {
        var text = new StringBuilder();
        for (var index = 0; index < name.Length; index++)
        {
            if (index > 0 && char.IsUpper(name[index]) && !char.IsUpper(name[index - 1])) text.Append('_');
            text.Append(char.ToLowerInvariant(name[index]));
        }
        return text.ToString();
    }
}
