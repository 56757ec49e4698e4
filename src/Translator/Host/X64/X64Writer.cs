using Iced.Intel;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.X64;

/// <summary>
/// Puts host instructions into a code region: prefixes, ModRM and displacements; the instructions themselves are in X64Writer.Instructions.
/// It never checks for room: its user does, once an IR operation (<see cref="HasRoom"/>).
/// </summary>
internal sealed unsafe partial class X64Writer : CodeWriter
{
    /// <summary>No IR operation and no out-of-line path lowers to more bytes than this.</summary>
    public const int OperationBytes = 1024;

    /// <summary>Marks the register field of ModRM as an opcode extension.</summary>
    public const int Digit = 0x40;

    private byte* _writable;
    private byte* _executable;
    private int _end;

    public int Position { get; private set; }

    public bool HasRoom => HasRoomFor(OperationBytes);

    public bool HasRoomFor(int bytes) => Position + bytes <= _end;

    public void Begin(CodeRegion region, int position)
    {
        _writable = region.Writable;
        _executable = region.Executable;
        _end = region.Bytes;
        Position = position;
    }

    /// <summary>Address of an offset in the executable view.</summary>
    public nuint AddressOf(int position) => (nuint)(_executable + position);

    public override void WriteByte(byte value) => _writable[Position++] = value;

    public void Byte(int value) => _writable[Position++] = (byte)value;

    public void Int32(int value)
    {
        *(int*)(_writable + Position) = value;
        Position += 4;
    }

    public void Int64(ulong value)
    {
        *(ulong*)(_writable + Position) = value;
        Position += 8;
    }

    /// <summary>Pads with NOPs until (Position + ahead) is a multiple of the alignment.</summary>
    public void Align(int alignment, int ahead = 0)
    {
        var bytes = -(Position + ahead) & (alignment - 1);
        for (; bytes > 0; bytes -= Math.Min(bytes, 8)) Nop(Math.Min(bytes, 8));
    }

    private void Nop(int bytes)
    {
        ReadOnlySpan<byte> all =
        [
            0x90,
            0x66, 0x90,
            0x0f, 0x1f, 0x00,
            0x0f, 0x1f, 0x40, 0x00,
            0x0f, 0x1f, 0x44, 0x00, 0x00,
            0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00,
            0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00,
            0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00,
        ];
        foreach (var b in all.Slice(bytes * (bytes - 1) / 2, bytes)) Byte(b);
    }

    /// <summary>One instruction of exactly eight bytes that does nothing: a head that can be patched.</summary>
    public void Nop8() => Nop(8);

    /// <summary>Register form. <paramref name="reg"/> is a register number or <see cref="Digit"/> | extension.</summary>
    public void Emit(uint opcode, OpSize size, int reg, Reg rm)
    {
        var byteRegister = (size == OpSize.B8 && ((reg & Digit) == 0 && reg >= 4 || (int)rm >= 4))
            || (opcode & Opcode.ByteRm) != 0 && (int)rm >= 4;
        Prefixes(opcode, size, reg, 0, (int)rm, byteRegister);
        Byte(0xc0 | (reg & 7) << 3 | (int)rm & 7);
    }

    public void Emit(uint opcode, OpSize size, Reg reg, Reg rm) => Emit(opcode, size, (int)reg, rm);

    /// <summary>Memory form.</summary>
    public void Emit(uint opcode, OpSize size, int reg, in HostMem memory)
    {
        var byteRegister = size == OpSize.B8 && (reg & Digit) == 0 && reg >= 4;
        Prefixes(opcode, size, reg, Number(memory.Index), Number(memory.Base), byteRegister);
        ModRm(reg, memory);
    }

    public void Emit(uint opcode, OpSize size, Reg reg, in HostMem memory) => Emit(opcode, size, (int)reg, memory);

    /// <summary>RIP-relative form with an open displacement; returns where it is. No immediate may follow.</summary>
    public int EmitRelative(uint opcode, OpSize size, Reg reg)
    {
        Prefixes(opcode, size, (int)reg, 0, 0, size == OpSize.B8 && (int)reg >= 4);
        Byte(((int)reg & 7) << 3 | 5);
        Int32(0);
        return Position - 4;
    }

    private static int Number(Reg register) => register == Reg.None ? 0 : (int)register;

    private void Prefixes(uint opcode, OpSize size, int reg, int index, int rm, bool byteRegister)
    {
        if (size == OpSize.B16) Byte(0x66);
        var mandatory = opcode & Opcode.PrefixMask;
        if (mandatory != 0) Byte(mandatory == Opcode.F3 ? 0xf3 : mandatory == Opcode.F2 ? 0xf2 : 0x66);
        var rex = (size == OpSize.B64 ? 8 : 0) | (reg >> 3 & 1) << 2 | (index >> 3) << 1 | rm >> 3;
        if (rex != 0 || byteRegister) Byte(0x40 | rex);
        var map = opcode & Opcode.MapMask;
        if (map != 0) Byte(0x0f);
        if (map == Opcode.Map0F38) Byte(0x38);
        if (map == Opcode.Map0F3A) Byte(0x3a);
        Byte((int)(opcode & 0xff) | ((opcode & Opcode.Sized) != 0 && size != OpSize.B8 ? 1 : 0));
    }

    private void ModRm(int reg, in HostMem memory)
    {
        var field = (reg & 7) << 3;
        var disp = memory.Displacement;
        if (memory.Base == Reg.None)
        {
            Byte(field | 4);
            Byte(memory.Shift << 6 | ((int)memory.Index & 7) << 3 | 5);
            Int32(disp);
            return;
        }
        var number = (int)memory.Base & 7;
        var mode = disp == 0 && number != 5 ? 0 : disp == (sbyte)disp ? 0x40 : 0x80;
        if (memory.Index != Reg.None)
        {
            Byte(mode | field | 4);
            Byte(memory.Shift << 6 | ((int)memory.Index & 7) << 3 | number);
        }
        else if (number == 4)
        {
            Byte(mode | field | 4);
            Byte(0x24);
        }
        else
        {
            Byte(mode | field | number);
        }
        if (mode == 0x40) Byte(disp);
        if (mode == 0x80) Int32(disp);
    }

    /// <summary>Register form of a VEX instruction of 32 or 64 bits (map 0F38 or 0F3A): reg, vvvv, rm.</summary>
    public void Vex(int map, int prefix, int opcode, OpSize size, Reg reg, Reg vvvv, Reg rm)
    {
        Byte(0xc4);
        Byte((~(int)reg >> 3 & 1) << 7 | 1 << 6 | (~(int)rm >> 3 & 1) << 5 | map);
        Byte((size == OpSize.B64 ? 0x80 : 0) | (~(int)vvvv & 15) << 3 | prefix);
        Byte(opcode);
        Byte(0xc0 | ((int)reg & 7) << 3 | (int)rm & 7);
    }

    /// <summary>Sets the 32-bit displacement at <paramref name="at"/> so that it leads to <paramref name="target"/>.</summary>
    public void Patch(int at, int target) => *(int*)(_writable + at) = target - (at + 4);

    public void PatchHere(int at) => Patch(at, Position);
}
