using System.Text;
using Iced.Intel;

namespace Tcg.Mttcg.Guests.SelfCheck.Kit;

/// <summary>One line of the list.</summary>
/// <param name="Source">Where the SDM says so.</param>
internal sealed record CheckEntry(string Name, string Source, uint Result)
{
    public uint NameText { get; init; }
    public uint SourceText { get; init; }
}

/// <summary>What both monitors share: the list, low memory, constant data, and the pieces of code that checks run.</summary>
internal sealed class CheckProgram
{
    private readonly Dictionary<string, uint> _texts = [];
    private uint _nextData = CheckMap.Data;
    private uint _nextFragment = CheckMap.Fragments;

    public MemoryImage Low { get; } = new(CheckMap.Low, CheckMap.LowBytes);
    public MemoryImage Data { get; } = new(CheckMap.Data, CheckMap.Pristine - CheckMap.Data);
    public List<CheckEntry> Checks { get; } = [];

    /// <summary>Checks whose name contains one of these are not run.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>Addresses of "base and limit" operands.</summary>
    public uint GdtPointer { get; }
    public uint Idt64Pointer { get; }
    public uint Idt32Pointer { get; }

    public CheckProgram()
    {
        TableBuilder.Put(Low);
        GdtPointer = TablePointer(CheckMap.Gdt, CheckMap.GdtBytes);
        Idt64Pointer = TablePointer(CheckMap.Idt64, CheckMap.Vectors * 16);
        Idt32Pointer = TablePointer(CheckMap.Idt32, CheckMap.Vectors * 8);
        Kit64.Put(Low);
        Kit32.Put(Low);
        Kit16.Put(Low);
        Kit16.PutReturn(Low, Idt32Pointer);
    }

    public CheckEntry Add(string name, string source)
    {
        var entry = new CheckEntry(name, source, CheckMap.Results + (uint)Checks.Count * CheckMap.ResultBytes) { NameText = Text(name), SourceText = Text(source) };
        Checks.Add(entry);
        return entry;
    }

    /// <summary>Assembles a piece of code; 16-bit code counts its offsets from the start of the segment of all pieces.</summary>
    public Fragment Code(int bits, Action<Assembler, Fragment> body)
    {
        var fragment = new Fragment(bits, _nextFragment, bits == 16 ? CheckMap.Fragments : 0, body);
        Low.Put(_nextFragment, fragment.Bytes);
        // Lines of their own: a check that stores into its neighbourhood must not meet another's code.
        _nextFragment = (_nextFragment + (uint)fragment.Bytes.Length + 15) & ~15u;
        if (_nextFragment > CheckMap.FragmentsEnd) throw new InvalidOperationException("the pieces of code need more than a segment");
        return fragment;
    }

    public Fragment Code64(Action<Assembler, Fragment> body) => Code(64, body);

    public Fragment Code32(Action<Assembler, Fragment> body) => Code(32, body);

    public Fragment Code16(Action<Assembler, Fragment> body) => Code(16, body);

    /// <summary>Address of a string that ends with a zero.</summary>
    public uint Text(string text)
    {
        if (_texts.TryGetValue(text, out var address)) return address;
        address = Take([.. Encoding.ASCII.GetBytes(text), 0]);
        return _texts[text] = address;
    }

    public uint Words(params ReadOnlySpan<ulong> words)
    {
        _nextData = (_nextData + 7) & ~7u;
        var start = _nextData;
        foreach (var word in words) Take(BitConverter.GetBytes(word));
        return start;
    }

    /// <summary>An operand of LGDT or LIDT; 10 bytes, for every mode.</summary>
    public uint TablePointer(ulong address, uint bytes) => Take([.. BitConverter.GetBytes((ushort)(bytes - 1)), .. BitConverter.GetBytes(address)]);

    private uint Take(ReadOnlySpan<byte> bytes)
    {
        var start = _nextData;
        Data.Put(start, bytes);
        _nextData += (uint)bytes.Length;
        return start;
    }
}
