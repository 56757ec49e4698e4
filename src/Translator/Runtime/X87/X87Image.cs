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

    public static int Top(ushort status) => status >> 11 & 7;

    /// <summary>The environment as 32-bit (28 bytes) or 16-bit (14 bytes) protected-mode code sees it.</summary>
    public static void WriteEnvironment(CpuState* state, Span<byte> image)
    {
        image.Clear();
        if (image.Length == SmallEnvironmentBytes)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(image, state->X87Control);
            BinaryPrimitives.WriteUInt16LittleEndian(image[2..], state->X87Status);
            BinaryPrimitives.WriteUInt16LittleEndian(image[4..], FullTag(state));
            BinaryPrimitives.WriteUInt16LittleEndian(image[6..], (ushort)state->X87Ip);
            BinaryPrimitives.WriteUInt16LittleEndian(image[10..], (ushort)state->X87Dp);
            return;
        }
        BinaryPrimitives.WriteUInt32LittleEndian(image, 0xffff0000u | state->X87Control);
        BinaryPrimitives.WriteUInt32LittleEndian(image[4..], 0xffff0000u | state->X87Status);
        BinaryPrimitives.WriteUInt32LittleEndian(image[8..], 0xffff0000u | FullTag(state));
        BinaryPrimitives.WriteUInt32LittleEndian(image[12..], (uint)state->X87Ip);
        BinaryPrimitives.WriteUInt32LittleEndian(image[16..], (uint)state->X87Opcode << 16);
        BinaryPrimitives.WriteUInt32LittleEndian(image[20..], (uint)state->X87Dp);
        BinaryPrimitives.WriteUInt32LittleEndian(image[24..], 0xffff0000u);
    }

    public static void ReadEnvironment(CpuState* state, ReadOnlySpan<byte> image)
    {
        var step = image.Length == SmallEnvironmentBytes ? 2 : 4;
        state->X87Control = BinaryPrimitives.ReadUInt16LittleEndian(image);
        state->X87Status = BinaryPrimitives.ReadUInt16LittleEndian(image[step..]);
        state->X87Tag = ShortTag(BinaryPrimitives.ReadUInt16LittleEndian(image[(2 * step)..]));
        state->X87Ip = step == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(image[6..]) : BinaryPrimitives.ReadUInt32LittleEndian(image[12..]);
        state->X87Dp = step == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(image[10..]) : BinaryPrimitives.ReadUInt32LittleEndian(image[20..]);
        state->X87Opcode = step == 2 ? (ushort)0 : (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(image[18..]) & 0x7ff);
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
