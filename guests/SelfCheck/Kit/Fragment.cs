using Iced.Intel;

namespace Tcg.Mttcg.Guests.SelfCheck.Kit;

/// <summary>A piece of code that a check runs, assembled at once, so that its addresses are constants. It ends with INT 3Fh.</summary>
internal sealed class Fragment
{
    private readonly Assembler _assembler;
    private readonly List<int> _marks = [];
    private readonly uint _origin;
    private readonly uint[] _addresses;

    /// <param name="address">Linear.</param>
    /// <param name="origin">Linear address of offset 0: 0 but for 16-bit code.</param>
    public Fragment(int bits, uint address, uint origin, Action<Assembler, Fragment> body)
    {
        Linear = address;
        _origin = origin;
        _assembler = new Assembler(bits);
        body(_assembler, this);
        _assembler.db(0xcd, Vec.Done);
        _assembler.nop();
        using var stream = new MemoryStream();
        var result = _assembler.Assemble(new StreamCodeWriter(stream), address - origin, BlockEncoderOptions.ReturnNewInstructionOffsets);
        Bytes = stream.ToArray();
        var offsets = result.Result[0].NewInstructionOffsets;
        _addresses = [.. _marks.Select(mark => Start + offsets[mark])];
        End = Start + offsets[^1];
    }

    public byte[] Bytes { get; }
    public uint Linear { get; }

    /// <summary>Offset in its code segment.</summary>
    public uint Start => Linear - _origin;

    /// <summary>Offset behind the final INT: what its event reports as RIP.</summary>
    public uint End { get; }

    /// <summary>Offset of a place that was marked; the start if none was.</summary>
    public uint At(int mark = 0) => _addresses.Length == 0 ? Start : _addresses[mark];

    /// <summary>The next instruction is of interest.</summary>
    public void Mark() => _marks.Add(_assembler.Instructions.Count);
}
