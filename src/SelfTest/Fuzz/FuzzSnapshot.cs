using System.Text;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.SelfTest.Fuzz;

/// <summary>What a case left behind.</summary>
internal sealed unsafe class FuzzSnapshot
{
    private const int Pages = FuzzLayout.RamBytes / FuzzLayout.PageBytes;

    // Registers, RIP; arithmetic flags; vectors, segments, system registers, x87.
    private static readonly (int Start, int End)[] Compared = [(0, 136), (144, 146), (512, 2136)];

    private readonly byte[] _state = new byte[CpuState.Size];
    private readonly byte[] _ram = new byte[FuzzLayout.RamBytes];
    private readonly bool[] _dirty = new bool[Pages];
    private SliceEnd _end;
    private int _looks;
    private uint _mxCsr, _flags;

    public void Take(FuzzMachine machine, SliceEnd end)
    {
        (_end, _looks) = (end, machine.Looks);
        new Span<byte>(machine.State, CpuState.Size).CopyTo(_state);
        _mxCsr = machine.State->MxCsr | (machine.State->HostMxCsr & 0x3f);
        _flags = Flags(machine);
        for (var page = 0; page < Pages; page++)
        {
            _dirty[page] = machine.IsDirty(page);
            if (_dirty[page]) machine.Ram.Slice(page * FuzzLayout.PageBytes, FuzzLayout.PageBytes).CopyTo(_ram.AsSpan(page * FuzzLayout.PageBytes));
        }
    }

    /// <returns>Where it differs from what the machine left, as text; null: nowhere.</returns>
    public string? Differences(FuzzMachine machine, SliceEnd end, bool compareLooks)
    {
        var text = new StringBuilder();
        if (end != _end || (compareLooks && machine.Looks != _looks)) text.Append($"  ended {_end} after {_looks} blocks, {machine.Name} {end} after {machine.Looks}\n");
        if ((machine.State->MxCsr | (machine.State->HostMxCsr & 0x3f)) != _mxCsr) text.Append($"  mxcsr {_mxCsr:x} and {machine.State->MxCsr | (machine.State->HostMxCsr & 0x3f):x}\n");
        if (Flags(machine) != _flags) text.Append($"  flags {_flags:x} and {Flags(machine):x}\n");
        var state = new ReadOnlySpan<byte>(machine.State, CpuState.Size);
        foreach (var (start, stop) in Compared)
        {
            for (var at = start; at < stop; at += 8)
            {
                var length = Math.Min(8, stop - at);
                if (!state.Slice(at, length).SequenceEqual(_state.AsSpan(at, length)))
                    text.Append($"  state+{at}: {Convert.ToHexStringLower(_state.AsSpan(at, length))} and {Convert.ToHexStringLower(state.Slice(at, length))}\n");
            }
        }
        for (var page = 0; page < Pages; page++)
        {
            if (!_dirty[page] && !machine.IsDirty(page)) continue;
            var before = _dirty[page] ? _ram.AsSpan(page * FuzzLayout.PageBytes, FuzzLayout.PageBytes) : machine.Original(page);
            var now = machine.Ram.Slice(page * FuzzLayout.PageBytes, FuzzLayout.PageBytes);
            var at = before.CommonPrefixLength(now);
            if (at < FuzzLayout.PageBytes) text.Append($"  memory {page * FuzzLayout.PageBytes + at:x}: {before[at]:x2} and {now[at]:x2}\n");
        }
        return text.Length == 0 ? null : text.ToString();
    }

    // When RF goes is visible to nobody: no instruction and no frame but a fault's, which sets it, shows it.
    private static uint Flags(FuzzMachine machine) => machine.State->SystemFlags & ~Eflag.Rf;
}
