using System.Buffers.Binary;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.Interpreter;

/// <summary>Accesses that the TLB answers, and control between blocks.</summary>
public unsafe class MemoryTests : IDisposable
{
    private readonly InterpretedCpu _cpu = new();

    public void Dispose() => _cpu.Dispose();

    [Fact]
    public void A_sign_extending_load_widens()
    {
        _cpu.Memory[0x123] = 0x80;
        _cpu.State->Gpr[3] = 0x10100;
        _cpu.State->Gpr[1] = 0x11;
        Run("rax = guest_load.32.from8.sx [rbx+rcx*2+0x1]");
        Assert.Equal(0xffffff80ul, _cpu.State->Gpr[0]);
    }

    [Fact]
    public void A_segment_base_is_added_and_wraps_at_4_gib()
    {
        _cpu.State->Fs.Base = 0xffff0000;
        Run("guest_store.32 [fs:+0x20004 a32 linear32], 0xdeadbeef");
        Assert.Equal(0xdeadbeef, BinaryPrimitives.ReadUInt32LittleEndian(_cpu.Memory[4..]));
    }

    [Theory]
    [InlineData("rax = guest_rmw.64.xadd.lock.flags [0x10008], rcx", 5, 12)]
    [InlineData("rax = guest_rmw.64.xchg [0x10008], rcx", 5, 7)]
    [InlineData("rax = guest_rmw.64.neg.flags [0x10008]", 5, -5)]
    [InlineData("rax = guest_rmw.64.bts.lock.flags [0x10008], rcx", 5, 0x85)]
    [InlineData("rax = guest_rmw.64.sub.lock.flags [0x10008], rcx", 5, -2)]
    [InlineData("rax = guest_rmw.64.add.lock.flags [0x10009], rcx", 0, 0x705)]
    public void A_read_modify_write_returns_the_old_value(string line, ulong old, long stored)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_cpu.Memory[8..], 5);
        _cpu.State->Gpr[1] = 7;
        Run(line);
        Assert.Equal((old, stored), (_cpu.State->Gpr[0], BinaryPrimitives.ReadInt64LittleEndian(_cpu.Memory[8..])));
    }

    [Theory]
    [InlineData(5, 5, 9, true)]
    [InlineData(4, 8, 8, false)]
    public void Cmpxchg_stores_or_loads_the_accumulator(ulong accumulator, ulong memory, ulong result, bool equal)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_cpu.Memory[16..], memory);
        _cpu.State->Gpr[0] = accumulator;
        _cpu.State->Gpr[1] = 9;
        Run("guest_cmp_xchg.64.lock.flags [0x10010], rcx");
        Assert.Equal(result, BinaryPrimitives.ReadUInt64LittleEndian(_cpu.Memory[16..]));
        Assert.Equal((equal, memory), ((_cpu.State->FlagsLow & 0x40) != 0, _cpu.State->Gpr[0]));
    }

    [Fact]
    public void A_block_that_jumps_to_itself_goes_round_until_it_leaves()
    {
        _cpu.State->Gpr[1] = 1000;
        var exit = _cpu.Run("block pc=0x100\ninsn_start 0x100\nrcx = dec.64.flags rcx\nbr_if.ne L0\ngoto_tb slot0, 0x105\nlabel L0\ngoto_tb slot1, 0x100");
        Assert.Equal((TbExitReason.Jump0, 7, 0x105ul, 0ul), (exit.Reason, exit.TbId, _cpu.State->Rip, _cpu.State->Gpr[1]));
    }

    [Fact]
    public void An_exit_request_is_seen_at_the_head()
    {
        _cpu.State->ExitRequest = 1;
        Assert.Equal(TbExitReason.ExitRequest, _cpu.Run("block pc=0x100\ninsn_start 0x100\ngoto_tb slot1, 0x100").Reason);
        Assert.Equal(0x100ul, _cpu.State->Rip);
    }

    [Fact]
    public void A_block_without_poll_ignores_the_exit_request()
    {
        _cpu.State->ExitRequest = 1;
        Assert.Equal(TbExitReason.Jump1, _cpu.Run($"block pc=0x100 cflags=0x{(uint)TbCompileFlags.NoPoll:x}\ninsn_start 0x100\ngoto_tb slot1, 0x100").Reason);
    }

    private void Run(string line) => Assert.Equal(TbExitReason.Lookup, _cpu.Run($"insn_start 0x100\n{line}\nexit_tb lookup, 0x200").Reason);
}
