using System.Buffers.Binary;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <content>The head of a block that checks bytes of its own: RAM beside what the block was made from. Only RAX is used.</content>
internal sealed unsafe partial class Lowerer
{
    private readonly List<int> _changedJumps = [];

    private void EmitChecks()
    {
        _changedJumps.Clear();
        foreach (var check in _tb.Checks)
        {
            _w.MovConstant(Reg.Rax, check.Host.Value);
            var source = _tb.Source.AsSpan(check.Start, check.Length);
            for (var done = 0; done < source.Length;)
            {
                var (size, value) = Piece(source[done..]);
                _w.Alu(AluOp.Cmp, size, HostMem.At(Reg.Rax, done), value);
                _changedJumps.Add(_w.Jump(Condition.Ne));
                done += 1 << (int)size;
            }
        }
        if (_changedJumps.Count > 0) AddCold(ColdKind.Changed, -1);
    }

    private static (OpSize Size, int Value) Piece(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        >= 4 => (OpSize.B32, BinaryPrimitives.ReadInt32LittleEndian(bytes)),
        >= 2 => (OpSize.B16, BinaryPrimitives.ReadInt16LittleEndian(bytes)),
        _ => (OpSize.B8, (sbyte)bytes[0]),
    };

    private void EmitChanged()
    {
        foreach (var jump in _changedJumps) _w.PatchHere(jump);
        StoreRip(_block.Context.Rip);
        Leave(TbExitReason.Changed);
    }
}
