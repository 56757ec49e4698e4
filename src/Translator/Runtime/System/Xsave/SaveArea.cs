using System.Buffers.Binary;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>The components of FXSAVE and XSAVE areas, moved between an area and the state (SDM 1 10.5.1, 13.4).</summary>
internal static unsafe class SaveArea
{
    public static void WriteX87(Cpu cpu, Span<byte> area, bool wide)
    {
        var state = cpu.State;
        BinaryPrimitives.WriteUInt16LittleEndian(area[(int)SaveLayout.Control..], state->X87Control);
        BinaryPrimitives.WriteUInt16LittleEndian(area[(int)SaveLayout.Status..], state->X87Status);
        BinaryPrimitives.WriteUInt16LittleEndian(area[(int)SaveLayout.Tag..], (byte)~state->X87Tag);
        BinaryPrimitives.WriteUInt16LittleEndian(area[(int)SaveLayout.Opcode..], state->X87Opcode);
        // Without REX.W the selectors stand where the upper halves would; processors that deprecate them store 0.
        BinaryPrimitives.WriteUInt64LittleEndian(area[(int)SaveLayout.Ip..], wide ? state->X87Ip : (uint)state->X87Ip);
        BinaryPrimitives.WriteUInt64LittleEndian(area[(int)SaveLayout.Dp..], wide ? state->X87Dp : (uint)state->X87Dp);
        var top = X87Image.Top(state->X87Status);
        for (var i = 0; i < 8; i++)
        {
            var slot = area.Slice((int)SaveLayout.X87 + i * 16, 16);
            slot.Clear();
            X87Image.Physical(state, top + i).CopyTo(slot);
        }
    }

    public static void ReadX87(Cpu cpu, ReadOnlySpan<byte> area, bool wide)
    {
        var state = cpu.State;
        state->X87Control = X87Image.ValidControl(BinaryPrimitives.ReadUInt16LittleEndian(area[(int)SaveLayout.Control..]));
        state->X87Status = BinaryPrimitives.ReadUInt16LittleEndian(area[(int)SaveLayout.Status..]);
        state->X87Tag = (byte)~area[(int)SaveLayout.Tag];
        state->X87Opcode = (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(area[(int)SaveLayout.Opcode..]) & 0x7ff);
        var ip = BinaryPrimitives.ReadUInt64LittleEndian(area[(int)SaveLayout.Ip..]);
        var dp = BinaryPrimitives.ReadUInt64LittleEndian(area[(int)SaveLayout.Dp..]);
        state->X87Ip = wide ? ip : (uint)ip;
        state->X87Dp = wide ? dp : (uint)dp;
        var top = X87Image.Top(state->X87Status);
        for (var i = 0; i < 8; i++) area.Slice((int)SaveLayout.X87 + i * 16, X87Image.RegisterBytes).CopyTo(X87Image.Physical(state, top + i));
        cpu.SummarizeX87();
    }

    public static void InitX87(Cpu cpu)
    {
        cpu.ResetX87();
        new Span<byte>(cpu.State->X87, 8 * 16).Clear();
    }

    /// <summary>Not what <see cref="InitX87"/> leaves.</summary>
    public static bool X87InUse(Cpu cpu)
    {
        var state = cpu.State;
        return state->X87Control != 0x37f || state->X87Status != 0 || state->X87Tag != 0xff || (state->X87Opcode | state->X87Ip | state->X87Dp) != 0
            || new ReadOnlySpan<byte>(state->X87, 8 * 16).ContainsAnyExcept((byte)0);
    }

    public static bool XmmInUse(Cpu cpu) => LaneInUse(cpu, 0);

    public static bool UpperInUse(Cpu cpu) => LaneInUse(cpu, 1);

    public static bool PkruInUse(Cpu cpu) => cpu.State->Pkru != 0;

    public static void WritePkru(Cpu cpu, Span<byte> component) => BinaryPrimitives.WriteUInt64LittleEndian(component, cpu.State->Pkru);

    public static void ReadPkru(Cpu cpu, ReadOnlySpan<byte> component) => cpu.WritePkru(BinaryPrimitives.ReadUInt32LittleEndian(component));

    public static void WriteMxCsr(Cpu cpu, Span<byte> area)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(area[(int)SaveLayout.MxCsr..], cpu.CurrentMxCsr);
        BinaryPrimitives.WriteUInt32LittleEndian(area[(int)SaveLayout.MxCsrMask..], MxCsr.Writable);
    }

    public static void WriteXmm(Cpu cpu, Span<byte> area)
    {
        for (var i = 0; i < Registers(cpu); i++) Lane(cpu, i, 0).CopyTo(area[((int)SaveLayout.Xmm + i * 16)..]);
    }

    public static void ReadXmm(Cpu cpu, ReadOnlySpan<byte> area)
    {
        for (var i = 0; i < Registers(cpu); i++) area.Slice((int)SaveLayout.Xmm + i * 16, 16).CopyTo(Lane(cpu, i, 0));
    }

    public static void WriteUpper(Cpu cpu, Span<byte> component)
    {
        for (var i = 0; i < Registers(cpu); i++) Lane(cpu, i, 1).CopyTo(component[(i * 16)..]);
    }

    public static void ReadUpper(Cpu cpu, ReadOnlySpan<byte> component)
    {
        for (var i = 0; i < Registers(cpu); i++) component.Slice(i * 16, 16).CopyTo(Lane(cpu, i, 1));
    }

    private static bool LaneInUse(Cpu cpu, int lane)
    {
        for (var i = 0; i < Registers(cpu); i++)
            if (Lane(cpu, i, lane).ContainsAnyExcept((byte)0)) return true;
        return false;
    }

    // XMM8 to XMM15 exist in 64-bit code only.
    private static int Registers(Cpu cpu) => cpu.IsLongMode64 ? 16 : 8;

    private static Span<byte> Lane(Cpu cpu, int register, int lane) => new(cpu.State->Vector + register * CpuState.VectorStride + lane * 16, 16);
}
