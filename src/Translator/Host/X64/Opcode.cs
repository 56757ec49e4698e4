namespace Tcg.Mttcg.Translator.Host.X64;

/// <summary>Opcode bytes with their map, mandatory prefix and size rule, as <see cref="X64Writer"/> takes them (SDM 2, opcode maps).</summary>
internal static class Opcode
{
    public const uint Map0F = 0x100, Map0F38 = 0x200, Map0F3A = 0x300, MapMask = 0x300;
    public const uint F3 = 0x1000, F2 = 0x2000, P66 = 0x3000, PrefixMask = 0x3000;

    /// <summary>The r/m operand is a byte whatever the operation's size.</summary>
    public const uint ByteRm = 0x4000;

    /// <summary>The lowest bit selects byte or wider.</summary>
    public const uint Sized = 0x8000;

    public const uint
        MovStore = 0x88 | Sized,
        MovLoad = 0x8a | Sized,
        MovImmediate = 0xc6 | Sized,
        Test = 0x84 | Sized,
        TestGroup = 0xf6 | Sized,
        Xchg = 0x86 | Sized,
        IncGroup = 0xfe | Sized,
        ShiftByOne = 0xd0 | Sized,
        ShiftByImmediate = 0xc0 | Sized,
        ShiftByCl = 0xd2 | Sized,
        Lea = 0x8d,
        Movsxd = 0x63,
        IMulImmediate8 = 0x6b,
        IMulImmediate32 = 0x69,
        IndirectGroup = 0xff,
        MovzxByte = 0xb6 | Map0F | ByteRm,
        MovzxWord = 0xb7 | Map0F,
        MovsxByte = 0xbe | Map0F | ByteRm,
        MovsxWord = 0xbf | Map0F,
        CMov = 0x40 | Map0F,
        SetCc = 0x90 | Map0F,
        IMul = 0xaf | Map0F,
        ShldImmediate = 0xa4 | Map0F,
        ShldCl = 0xa5 | Map0F,
        ShrdImmediate = 0xac | Map0F,
        ShrdCl = 0xad | Map0F,
        BtImmediate = 0xba | Map0F,
        Bt = 0xa3 | Map0F,
        Bsf = 0xbc | Map0F,
        Bsr = 0xbd | Map0F,
        Tzcnt = 0xbc | Map0F | F3,
        Lzcnt = 0xbd | Map0F | F3,
        Popcnt = 0xb8 | Map0F | F3,
        Crc32 = 0xf0 | Map0F38 | F2 | Sized,
        Adcx = 0xf6 | Map0F38 | P66,
        Adox = 0xf6 | Map0F38 | F3,
        CmpXchg = 0xb0 | Map0F | Sized,
        Xadd = 0xc0 | Map0F | Sized,
        MxCsrGroup = 0xae | Map0F,
        MovupsLoad = 0x10 | Map0F,
        MovupsStore = 0x11 | Map0F;

    /// <summary>Of map 0F38, VEX-encoded, on general registers (BMI1, BMI2): see <see cref="X64Writer.VexGeneral"/>.</summary>
    public const uint
        Andn = 0xf2,
        LowestBitGroup = 0xf3,
        Bzhi = 0xf5,
        Pdep = 0xf5 | F2,
        Pext = 0xf5 | F3,
        Mulx = 0xf6 | F2,
        Bextr = 0xf7;
}
