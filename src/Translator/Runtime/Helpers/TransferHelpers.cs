namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Control transfers through descriptors and MSRs.</summary>
internal static unsafe class TransferHelpers
{
    internal static readonly HelperRow[] Rows =
    [
        new(HelperId.FarJump, &FarJump),
        new(HelperId.FarCall, &FarCall),
        new(HelperId.FarReturn, &FarReturn),
        new(HelperId.InterruptReturn, &InterruptReturn),
        new(HelperId.SysCall, &SysCall),
        new(HelperId.SysRet, &SysRet),
        new(HelperId.SysEnter, &SysEnter),
        new(HelperId.SysExit, &SysExit),
        new(HelperId.Enter, &Enter),
    ];

    private static ulong FarJump(Cpu cpu, ulong selector, ulong offset, ulong sizeAndNext)
    {
        cpu.TryFarJump((ushort)selector, offset, (int)(sizeAndNext & 0xff), NextRip(sizeAndNext));
        return 0;
    }

    private static ulong FarCall(Cpu cpu, ulong selector, ulong offset, ulong sizeAndNext)
    {
        cpu.TryFarCall((ushort)selector, offset, (int)(sizeAndNext & 0xff), NextRip(sizeAndNext));
        return 0;
    }

    // 56 bits arrive; a canonical address has the rest as copies of the topmost.
    private static ulong NextRip(ulong sizeAndNext) => (ulong)((long)sizeAndNext >> 8);

    private static ulong FarReturn(Cpu cpu, ulong size, ulong release, ulong c)
    {
        cpu.TryFarReturn((int)size, release);
        return 0;
    }

    private static ulong InterruptReturn(Cpu cpu, ulong size, ulong b, ulong c)
    {
        cpu.TryInterruptReturn((int)size);
        return 0;
    }

    private static ulong SysCall(Cpu cpu, ulong nextRip, ulong b, ulong c)
    {
        cpu.SysCall(nextRip);
        return 0;
    }

    private static ulong SysRet(Cpu cpu, ulong size, ulong b, ulong c)
    {
        cpu.SysRet((int)size);
        return 0;
    }

    private static ulong SysEnter(Cpu cpu, ulong nextRip, ulong b, ulong c)
    {
        cpu.SysEnter();
        return 0;
    }

    private static ulong SysExit(Cpu cpu, ulong size, ulong b, ulong c)
    {
        cpu.SysExit((int)size);
        return 0;
    }

    /// <summary>ENTER with display pointers (SDM 2A): the frame pointers of the enclosing levels are copied to the new frame.</summary>
    private static ulong Enter(Cpu cpu, ulong size, ulong allocate, ulong level)
    {
        var slot = (int)size;
        level &= 31;
        Span<ulong> outer = stackalloc ulong[31];
        var mask = cpu.StackMask;
        var frame = cpu.State->Gpr[5];
        for (var i = 1; i < (int)level; i++)
        {
            var offset = (frame - (ulong)(i * slot)) & mask;
            if (!cpu.TryStackAddress(cpu.State->Ss, mask, offset, slot, 0, out var address) || !cpu.TryRead(address, slot, cpu.View, out outer[i])) return 0;
        }
        var stack = cpu.PushTo(slot, stackalloc ulong[33]);
        stack.Push(frame);
        var newFrame = stack.Top;
        for (var i = 1; i < (int)level; i++) stack.Push(outer[i]);
        if (level != 0) stack.Push(newFrame);
        if (!stack.TryCommit()) return 0;
        // The allocated bytes are probed as the SDM's last step does: a stack that ends here faults before anything moved.
        var top = (stack.Top - allocate) & mask;
        if (!cpu.TryStackAddress(cpu.State->Ss, mask, top, slot, 0, out var last) || !cpu.TryProbeWrite(last, slot, cpu.View)) return 0;
        cpu.State->Gpr[5] = slot switch { 2 => (frame & ~0xffffUL) | (ushort)newFrame, 4 => (uint)newFrame, _ => newFrame };
        cpu.SetStackPointer(top, mask);
        return 0;
    }
}
