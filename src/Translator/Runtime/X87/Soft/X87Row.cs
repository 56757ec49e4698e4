namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>One x87 encoding and its routine: register forms by escape and ModRM, memory forms by escape and reg.</summary>
internal readonly unsafe struct X87Row(int escape, int modRm, int count, delegate*<ref X87Unit, void> body)
{
    public int Escape { get; } = escape & 7;

    /// <summary>The first ModRM byte; below 0xc0 it is the reg field of memory forms.</summary>
    public int ModRm { get; } = modRm;

    /// <summary>How many ModRM bytes in a row: 8 where the low bits name ST(i).</summary>
    public int Count { get; } = count;

    public delegate*<ref X87Unit, void> Body { get; } = body;

    /// <summary>A form of ST(i).</summary>
    public static X87Row Stack(int escape, int modRm, delegate*<ref X87Unit, void> body) => new(escape, modRm, 8, body);

    /// <summary>A form without operands.</summary>
    public static X87Row One(int escape, int modRm, delegate*<ref X87Unit, void> body) => new(escape, modRm, 1, body);

    public static X87Row InMemory(int escape, int reg, delegate*<ref X87Unit, void> body) => new(escape, reg, 1, body);
}
