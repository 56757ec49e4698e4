namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>64-bit constants behind a TB's code, each once, for instructions that take no 64-bit immediate (QEMU's tcg_out_pool).</summary>
internal sealed class ConstantPool
{
    private readonly List<ulong> _values = [];
    private readonly List<(int At, int Index)> _uses = [];

    public int Bytes => 8 * _values.Count;

    public void Clear()
    {
        _values.Clear();
        _uses.Clear();
    }

    /// <summary>The 32-bit displacement at this position is to lead to the value.</summary>
    public void Use(ulong value, int displacementAt)
    {
        var index = _values.IndexOf(value);
        if (index < 0)
        {
            index = _values.Count;
            _values.Add(value);
        }
        _uses.Add((displacementAt, index));
    }

    /// <summary>Writes the values, 8-byte aligned, and resolves all uses; returns where the pool begins, 0 if it is empty.</summary>
    public int Finish(X64Writer writer)
    {
        if (_values.Count == 0) return 0;
        writer.Align(8);
        var start = writer.Position;
        foreach (var value in _values) writer.Int64(value);
        foreach (var (at, index) in _uses) writer.Patch(at, start + 8 * index);
        return start;
    }
}
