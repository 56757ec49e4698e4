namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>The x87 part of an FXSAVE image (SDM 1, table 10-2).</summary>
internal static unsafe class FxImage
{
    private const int StatusOffset = 2, TagOffset = 4, MxCsrOffset = 24, StackOffset = 32, StackBytes = 128;
    private const uint DefaultMxCsr = 0x1f80;

    public static void Write(byte* image, in Registers registers)
    {
        *(ushort*)image = registers.X87Control;
        *(ushort*)(image + StatusOffset) = registers.X87Status;
        image[TagOffset] = (byte)registers.X87InUse;
        *(uint*)(image + MxCsrOffset) = DefaultMxCsr;
        fixed (byte* st = registers.St) Buffer.MemoryCopy(st, image + StackOffset, StackBytes, StackBytes);
    }

    public static void Read(byte* image, ref Registers registers)
    {
        registers.X87Control = *(ushort*)image;
        registers.X87Status = *(ushort*)(image + StatusOffset);
        registers.X87InUse = image[TagOffset];
        fixed (byte* st = registers.St) Buffer.MemoryCopy(image + StackOffset, st, StackBytes, StackBytes);
    }
}
