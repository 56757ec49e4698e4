using System.Buffers.Binary;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>
/// The x87 state in the shapes that memory images have: the environment (14 or 28 bytes), FSAVE's eight registers behind it, and the tag word
/// with two bits a register.
/// </summary>
internal static unsafe class X87Image
{
    public const int EnvironmentBytes = 28, SmallEnvironmentBytes = 14, RegisterBytes = 10;
    public const int Bytes = EnvironmentBytes + 8 * RegisterBytes;

    private const uint Reserved = 0xffff0000;
    private const int HighShift = 12, OpcodeMask = 0x7ff;

    /// <summary>FSAVE's tag word: 0 valid, 1 zero, 2 special, 3 empty.</summary>
    public static ushort FullTag(CpuState* state)
    {
        var tag = 0;
        for (var i = 0; i < 8; i++) tag |= TagOf(state, i) << (i * 2);
        return (ushort)tag;
    }

    /// <summary>One bit a register of a full tag word: empty or not.</summary>
    public static ushort ShortTag(ushort full)
    {
        var tag = 0;
        for (var i = 0; i < 8; i++)
            if ((full >> (i * 2) & 3) == 3) tag |= 1 << i;
        return (ushort)tag;
    }

    /// <summary>A control word as the processor keeps it: reserved bits read 0, bit 6 reads 1.</summary>
    public static ushort ValidControl(ushort control) => (ushort)((control & 0x1f3f) | 0x40);

    public static int Top(ushort status) => status >> 11 & 7;

    /// <summary>
    /// The environment, 32-bit (28 bytes) or 16-bit (14 bytes), as protected mode has it or, with linear addresses in 20 or 32 bits and the opcode, as real
    /// and virtual-8086 mode do (SDM 1, figures 8-9 to 8-12).
    /// </summary>
    public static void WriteEnvironment(CpuState* state, Span<byte> image, bool real)
    {
        image.Clear();
        var step = image.Length == SmallEnvironmentBytes ? 2 : 4;
        ReadOnlySpan<ushort> words = [state->X87Control, state->X87Status, FullTag(state)];
        for (var i = 0; i < words.Length; i++) WriteWord(image[(i * step)..], words[i], step);
        if (real)
        {
            WriteWord(image[(3 * step)..], (ushort)state->X87Ip, step);
            WriteHigh(image[(4 * step)..], state->X87Ip, state->X87Opcode, step);
            WriteWord(image[(5 * step)..], (ushort)state->X87Dp, step);
            WriteHigh(image[(6 * step)..], state->X87Dp, 0, step);
        }
        else if (step == 2)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(image[6..], (ushort)state->X87Ip);
            BinaryPrimitives.WriteUInt16LittleEndian(image[10..], (ushort)state->X87Dp);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(image[12..], (uint)state->X87Ip);
            BinaryPrimitives.WriteUInt32LittleEndian(image[16..], (uint)(state->X87Opcode & OpcodeMask) << 16);
            BinaryPrimitives.WriteUInt32LittleEndian(image[20..], (uint)state->X87Dp);
            BinaryPrimitives.WriteUInt32LittleEndian(image[24..], Reserved);
        }
    }

    public static void ReadEnvironment(CpuState* state, ReadOnlySpan<byte> image, bool real)
    {
        var step = image.Length == SmallEnvironmentBytes ? 2 : 4;
        state->X87Control = ValidControl(BinaryPrimitives.ReadUInt16LittleEndian(image));
        state->X87Status = BinaryPrimitives.ReadUInt16LittleEndian(image[step..]);
        state->X87Tag = ShortTag(BinaryPrimitives.ReadUInt16LittleEndian(image[(2 * step)..]));
        if (real)
        {
            var high = ReadHigh(image[(4 * step)..], step);
            state->X87Ip = BinaryPrimitives.ReadUInt16LittleEndian(image[(3 * step)..]) | (high >> HighShift << 16);
            state->X87Dp = BinaryPrimitives.ReadUInt16LittleEndian(image[(5 * step)..]) | (ReadHigh(image[(6 * step)..], step) >> HighShift << 16);
            state->X87Opcode = (ushort)(high & OpcodeMask);
            return;
        }
        state->X87Ip = step == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(image[6..]) : BinaryPrimitives.ReadUInt32LittleEndian(image[12..]);
        state->X87Dp = step == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(image[10..]) : BinaryPrimitives.ReadUInt32LittleEndian(image[20..]);
        state->X87Opcode = step == 2 ? (ushort)0 : (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(image[18..]) & OpcodeMask);
    }

    // What is above the low 16 bits of a linear address lies from bit 12 on, over the opcode: four bits in a word, sixteen in a doubleword.
    private static void WriteHigh(Span<byte> to, ulong address, ushort opcode, int step)
    {
        var value = (uint)(address >> 16 & 0xffff) << HighShift | (uint)(opcode & OpcodeMask);
        if (step == 2) BinaryPrimitives.WriteUInt16LittleEndian(to, (ushort)value);
        else BinaryPrimitives.WriteUInt32LittleEndian(to, value);
    }

    private static uint ReadHigh(ReadOnlySpan<byte> from, int step) =>
        step == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(from) : BinaryPrimitives.ReadUInt32LittleEndian(from) & 0x0fffffff;

    private static void WriteWord(Span<byte> to, ushort value, int step)
    {
        if (step == 2) BinaryPrimitives.WriteUInt16LittleEndian(to, value);
        else BinaryPrimitives.WriteUInt32LittleEndian(to, Reserved | value);
    }

    /// <summary>ST(0) to ST(7), ten bytes each, in stack order.</summary>
    public static void WriteRegisters(CpuState* state, Span<byte> image)
    {
        var top = Top(state->X87Status);
        for (var i = 0; i < 8; i++) Physical(state, top + i).CopyTo(image[(i * RegisterBytes)..]);
    }

    public static void ReadRegisters(CpuState* state, ReadOnlySpan<byte> image)
    {
        var top = Top(state->X87Status);
        for (var i = 0; i < 8; i++) image.Slice(i * RegisterBytes, RegisterBytes).CopyTo(Physical(state, top + i));
    }

    public static Span<byte> Physical(CpuState* state, int number) => new(state->X87 + (number & 7) * 16, RegisterBytes);

    private static int TagOf(CpuState* state, int register)
    {
        if ((state->X87Tag >> register & 1) != 0) return 3;
        var bytes = Physical(state, register);
        var significand = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        var exponent = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]) & 0x7fff;
        if (exponent == 0 && significand == 0) return 1;
        return exponent is 0 or 0x7fff || significand >> 63 == 0 ? 2 : 0;
    }
}
