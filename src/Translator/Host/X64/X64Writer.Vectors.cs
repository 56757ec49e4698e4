using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.X64;

/// <summary>VEX.256.0F instructions without mandatory prefix, by opcode. Moves have no second operand: 0 stands for it.</summary>
internal enum Vex256 : byte { MovupsLoad = 0x10, MovupsStore = 0x11, Orps = 0x56 }

// AVX, as the thunks need it.
internal sealed unsafe partial class X64Writer
{
    /// <summary>Operands: YMM register, YMM register (vvvv), memory without index based on a register below R8.</summary>
    public void Vex256(Vex256 opcode, int reg, int vvvv, in HostMem memory)
    {
        Vex256Prefix(reg, vvvv);
        Byte((int)opcode);
        ModRm(reg, memory);
    }

    public void Vex256(Vex256 opcode, int reg, int vvvv, int rm)
    {
        if (rm >= 8) Vex3(1, 0, wide: true, reg, vvvv, rm);
        else Vex256Prefix(reg, vvvv);
        Byte((int)opcode);
        Byte(0xc0 | (reg & 7) << 3 | rm & 7);
    }

    /// <summary>VEXTRACTF128 of the upper half.</summary>
    public void ExtractUpper(int to, int from)
    {
        Vex3(3, 1, wide: true, from, 0, to);
        Byte(0x19);
        Byte(0xc0 | (from & 7) << 3 | to & 7);
        Byte(1);
    }

    /// <summary>VPTEST of XMM registers: ZF if no bit is set in both.</summary>
    public void TestAllZero(int a, int b)
    {
        Vex3(2, 1, wide: false, a, 0, b);
        Byte(0x17);
        Byte(0xc0 | (a & 7) << 3 | b & 7);
    }

    public void ZeroUpper()
    {
        Byte(0xc5);
        Byte(0xf8);
        Byte(0x77);
    }

    private void Vex256Prefix(int reg, int vvvv)
    {
        Byte(0xc5);
        Byte((~reg >> 3 & 1) << 7 | (~vvvv & 15) << 3 | 4);
    }

    private void Vex3(int map, int prefix, bool wide, int reg, int vvvv, int rm)
    {
        Byte(0xc4);
        Byte((~reg >> 3 & 1) << 7 | 1 << 6 | (~rm >> 3 & 1) << 5 | map);
        Byte((~vvvv & 15) << 3 | (wide ? 4 : 0) | prefix);
    }
}
