using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>Far pointer loads; the load itself is shared with MOV and POP. The dispatcher goes on: flatness, stack width and the interrupt shadow may differ.</summary>
internal static class SegmentLoads
{
    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Lds, at => LoadPointer(at, Register.DS), LiftRules.EndsBlock),
        new(Mnemonic.Les, at => LoadPointer(at, Register.ES), LiftRules.EndsBlock),
        new(Mnemonic.Lfs, at => LoadPointer(at, Register.FS), LiftRules.EndsBlock),
        new(Mnemonic.Lgs, at => LoadPointer(at, Register.GS), LiftRules.EndsBlock),
        new(Mnemonic.Lss, at => LoadPointer(at, Register.SS), LiftRules.EndsBlock),
        new(Mnemonic.Rdfsbase, at => ReadBase(at, Segment.Fs), LiftRules.FsGsBase),
        new(Mnemonic.Rdgsbase, at => ReadBase(at, Segment.Gs), LiftRules.FsGsBase),
        new(Mnemonic.Wrfsbase, at => WriteBase(at, Segment.Fs), LiftRules.FsGsBase),
        new(Mnemonic.Wrgsbase, at => WriteBase(at, Segment.Gs), LiftRules.FsGsBase),
    ];

    /// <summary>Calls the helper that loads a segment register; the caller ends the block.</summary>
    public static void Load(Lifting at, Register segment, Operand selector)
    {
        var narrow = at.ZeroExtend(selector, OpSize.B16);
        at.Invoke(HelperId.LoadSegment, at.Constant((uint)(segment - Register.ES)), narrow);
    }

    private static void LoadPointer(Lifting at, Register segment)
    {
        var size = at.SizeOf(0);
        var bytes = Lifting.BytesOf(size);
        var memory = at.Memory(bytes + 2, write: false, alignment: bytes);
        var offset = at.Load(memory, size);
        var address = at.Block.Addresses[memory];
        address.Displacement += bytes;
        Load(at, segment, at.Load(at.Block.Address(address), OpSize.B16));
        at.WriteRegister(at.RegisterOf(0), size, offset);
    }

    private static void ReadBase(Lifting at, Segment segment) =>
        at.WriteRegister(at.RegisterOf(0), at.SizeOf(0), at.LoadState(CpuState.SegmentBaseOffset(segment), OpSize.B64));

    private static void WriteBase(Lifting at, Segment segment)
    {
        var size = at.SizeOf(0);
        at.Invoke(HelperId.WriteSegmentBase, at.Constant((ulong)segment), at.ZeroExtend(at.Read(0, size), size));
    }
}
