using System.Runtime.CompilerServices;
using Tcg.Mttcg.Memory;

namespace Tcg.Mttcg.Translator.Runtime;

// x87 without the host's: any host, and whatever exceptions are unmasked.
public sealed unsafe partial class Cpu
{
    private const int X87FileBytes = 8 * 16;

    // False: it faulted.
    private bool RunPortableX87(delegate*<ref X87Unit, void> body, int modRm, X87Operand operand, Span<byte> bytes, GuestVirtual address)
    {
        var file = stackalloc byte[X87FileBytes];
        Unsafe.CopyBlockUnaligned(file, State->X87, X87FileBytes);
        ushort status = State->X87Status, tag = State->X87Tag;
        var unit = new X87Unit(State) { Operand = bytes, Number = modRm & 7, Eflags = Eflags };
        body(ref unit);

        var undone = unit.IsBlocked || unit.Context.Unstorable;
        var fault = !undone && operand.Stores && !TryWriteBytes(address, bytes, View);
        if (undone || fault)
        {
            Unsafe.CopyBlockUnaligned(State->X87, file, X87FileBytes);
            (State->X87Status, State->X87Tag) = (status, tag);
        }
        if (fault) return false;
        unit.Commit();
        SummarizeX87();
        if (unit.SetsEflags) SetEflags(unit.Eflags, Eflag.Arithmetic);
        return true;
    }
}
