using System.Buffers.Binary;
using Tcg.Mttcg.Memory;

namespace Tcg.Mttcg.Translator.Runtime;

// x87: translated code uses the host's own, an instruction at a time, as long as all exceptions are masked; else, and under the interpreter, X87/Soft
// computes. Control instructions are in X87Helpers.
public sealed unsafe partial class Cpu
{
    private const ushort X87Exceptions = 0x3f, X87Summary = 0x80, X87Busy = 0x8000, X87Invalid = 1, X87StackFault = 0x40, X87Condition1 = 0x200;

    // Invalid, denormal and divide-by-zero are found before the result exists: unmasked, nothing is stored.
    private const ushort X87BeforeResult = 7;

    internal void ResetX87()
    {
        State->X87Control = 0x37f;
        State->X87Status = 0;
        State->X87Tag = 0xff;
        State->X87Ip = State->X87Dp = State->X87Opcode = 0;
    }

    /// <summary>#MF when an unmasked exception waits (FWAIT and every instruction that waits).</summary>
    internal bool CheckX87() => (State->X87Status & X87Summary) == 0 || Fail(ExceptionVector.FloatingPoint);

    /// <summary>ES and B follow from status and control word.</summary>
    internal void SummarizeX87()
    {
        var unmasked = State->X87Status & ~State->X87Control & X87Exceptions;
        State->X87Status = (ushort)((State->X87Status & ~(X87Summary | X87Busy)) | (unmasked != 0 ? X87Summary | X87Busy : 0));
    }

    /// <summary>Real and virtual-8086 mode, where a stored environment has no selectors.</summary>
    internal bool UsesLinearX87Pointers => (State->Cr0 & Cr0.Pe) == 0 || (State->SystemFlags & Eflag.Vm) != 0;

    /// <summary>An instruction that computes, loads or stores. <paramref name="address"/>: its memory operand, if any.</summary>
    internal void RunX87(int escape, int modRm, GuestVirtual address)
    {
        if (!CheckX87()) return;
        var memory = modRm < 0xc0;
        var operand = memory ? X87Operand.Of(escape, modRm >> 3 & 7) : default;
        var portable = X87Table.Find(escape, modRm);
        var host = HostThunks.Instance;
        if ((memory && operand.Bytes == 0) || (portable == null && host == null))
        {
            Raise(ExceptionVector.InvalidOpcode);
            return;
        }
        var buffer = stackalloc byte[16];
        var bytes = new Span<byte>(buffer, operand.Bytes);
        if (operand.Stores ? !TryProbeWrite(address, operand.Bytes, View) : !TryReadBytes(address, bytes, View)) return;

        // A helper called from translated code has a return address there.
        var translated = State->HostReturn != 0 && (State->X87Control & X87Exceptions) == X87Exceptions;
        var ip = CurrentRip();
        var done = portable == null || (host != null && translated)
            ? RunHostX87(host!, escape, modRm, operand, buffer, address)
            : RunPortableX87(portable, modRm, operand, bytes, address);
        if (!done) return;
        State->X87Ip = UsesLinearX87Pointers ? State->Cs.Base + ip : ip;
        State->X87Opcode = (ushort)(escape << 8 | modRm);
        if (memory) State->X87Dp = address.Value;
    }

    // False: it faulted.
    private bool RunHostX87(HostThunks host, int escape, int modRm, X87Operand operand, byte* buffer, GuestVirtual address)
    {
        var image = stackalloc byte[X87Image.Bytes];
        var before = State->X87Status;
        LoadHostImage(new Span<byte>(image, X87Image.Bytes));
        var flags = host.RunX87(escape, modRm, image, buffer, Eflags & Eflag.Arithmetic | Eflag.Fixed | Eflag.If);
        var raised = BinaryPrimitives.ReadUInt16LittleEndian(new Span<byte>(image + 4, 2));
        var unmasked = raised & ~State->X87Control & X87Exceptions;
        if ((unmasked & X87BeforeResult) != 0)
        {
            NoteX87(before, raised);
            return true;
        }
        if (operand.Stores && !TryWriteBytes(address, new Span<byte>(buffer, operand.Bytes), View)) return false;
        StoreHostImage(new Span<byte>(image, X87Image.Bytes), before);
        if (IsFlagCompare(escape, modRm)) SetEflags(flags, Eflag.Arithmetic);
        return true;
    }

    // The status of an instruction that only raised: C1 tells which way the stack went wrong.
    private void NoteX87(ushort before, ushort raised)
    {
        var conditions = (raised & X87StackFault) != 0 ? raised & (X87StackFault | X87Condition1) : 0;
        State->X87Status = (ushort)((before & ~X87Condition1) | (raised & X87Exceptions) | conditions);
        SummarizeX87();
    }

    // FCOMI, FCOMIP, FUCOMI, FUCOMIP. OF, SF and AF are cleared by the processor itself.
    private static bool IsFlagCompare(int escape, int modRm) => escape is 3 or 7 && modRm is >= 0xe8 and <= 0xf7;

    private void LoadHostImage(Span<byte> image)
    {
        X87Image.WriteEnvironment(State, image[..X87Image.EnvironmentBytes], real: false);
        BinaryPrimitives.WriteUInt16LittleEndian(image, (ushort)(State->X87Control | X87Exceptions));
        BinaryPrimitives.WriteUInt16LittleEndian(image[4..], (ushort)(State->X87Status & ~(X87Exceptions | X87StackFault | X87Summary | X87Busy)));
        X87Image.WriteRegisters(State, image[X87Image.EnvironmentBytes..]);
    }

    private void StoreHostImage(ReadOnlySpan<byte> image, ushort before)
    {
        var status = BinaryPrimitives.ReadUInt16LittleEndian(image[4..]);
        State->X87Status = (ushort)(status | (before & (X87Exceptions | X87StackFault)));
        State->X87Tag = X87Image.ShortTag(BinaryPrimitives.ReadUInt16LittleEndian(image[8..]));
        X87Image.ReadRegisters(State, image[X87Image.EnvironmentBytes..]);
        SummarizeX87();
    }
}
