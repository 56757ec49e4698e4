using Iced.Intel;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.SelfTest.Machines;
using Tcg.Mttcg.Translator.Runtime;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

/// <summary>Which accesses a debugger's watchpoint on four bytes in the middle of a page meets, and where the processor stands then.</summary>
public unsafe class WatchpointTests
{
    private const ulong Watched = TestMachine.DataAt + 8;
    private const int Length = 4;

    private static readonly Dictionary<string, Action<Assembler>> Instructions = new()
    {
        ["load"] = a => a.mov(eax, __dword_ptr[rbx + 8]),
        ["store"] = a => a.mov(__dword_ptr[rbx + 8], eax),
        ["store before"] = a => a.mov(__dword_ptr[rbx + 4], eax),
        ["store behind"] = a => a.mov(__dword_ptr[rbx + 12], eax),
        ["store into it from before"] = a => a.mov(__qword_ptr[rbx + 4], rax),
        ["store of its last byte"] = a => a.mov(__byte_ptr[rbx + 11], al),
        ["add"] = a => a.add(__dword_ptr[rbx + 8], eax),
        ["locked add"] = a => a.@lock.add(__dword_ptr[rbx + 8], eax),
        ["exchange"] = a => a.xchg(__dword_ptr[rbx + 8], eax),
        ["compare"] = a => a.cmp(__dword_ptr[rbx + 8], eax),
        ["vector store"] = a => a.movups(__xmmword_ptr[rbx], xmm0),
        ["vector load"] = a => a.movups(xmm0, __xmmword_ptr[rbx + 11]),
        ["push"] = a => a.push(rax),
    };

    [Theory]
    [InlineData("load", WatchKind.Read, 8)]
    [InlineData("load", WatchKind.Write, -1)]
    [InlineData("store", WatchKind.Write, 8)]
    [InlineData("store", WatchKind.Access, 8)]
    [InlineData("store", WatchKind.Read, -1)]
    [InlineData("store before", WatchKind.Access, -1)]
    [InlineData("store behind", WatchKind.Access, -1)]
    [InlineData("store into it from before", WatchKind.Write, 8)]
    [InlineData("store of its last byte", WatchKind.Write, 11)]
    [InlineData("add", WatchKind.Read, 8)]
    [InlineData("add", WatchKind.Write, 8)]
    [InlineData("locked add", WatchKind.Read, 8)]
    [InlineData("locked add", WatchKind.Write, 8)]
    [InlineData("exchange", WatchKind.Read, 8)]
    [InlineData("compare", WatchKind.Read, 8)]
    [InlineData("compare", WatchKind.Write, -1)]
    [InlineData("vector store", WatchKind.Write, 8)]
    [InlineData("vector load", WatchKind.Read, 11)]
    [InlineData("push", WatchKind.Write, 8)]
    public void An_access_is_met_by_its_bytes_and_kind(string instruction, WatchKind kind, int at)
    {
        foreach (var engine in Enum.GetValues<Engine>())
        {
            using var machine = TestMachine.With(engine);
            var watchpoint = new Watchpoint(new GuestVirtual(Watched), Length, kind);
            machine.Cpu.Heed(DebugPoints.None.With(watchpoint, isSet: true));
            machine.State->Gpr[4] = Watched + 8;
            var end = machine.Run(a =>
            {
                a.mov(rbx, TestMachine.DataAt);
                Instructions[instruction](a);
                a.nop();
            });
            if (at < 0)
            {
                Assert.Equal(SliceEnd.Halted, end);
                continue;
            }
            Assert.Equal(SliceEnd.Stopped, end);
            var stop = machine.Cpu.TakeStop();
            Assert.Equal((DebugStopKind.Watchpoint, TestMachine.DataAt + (ulong)at, watchpoint), (stop.Kind, stop.Address.Value, stop.Met));
            // NOP and HLT are left.
            Assert.Equal([0x90, 0xf4], machine.Ram(stop.Rip, 2).ToArray());
            Assert.Equal(SliceEnd.Halted, machine.Executor.Run());
        }
    }

    [Theory]
    [InlineData(Engine.Interpreter)]
    [InlineData(Engine.X64)]
    public void A_string_instruction_stops_behind_the_element_that_met_it_and_goes_on(Engine engine)
    {
        using var machine = TestMachine.With(engine);
        machine.Cpu.Heed(DebugPoints.None.With(new Watchpoint(new GuestVirtual(Watched), 1, WatchKind.Write), isSet: true));
        var end = machine.Run(a =>
        {
            a.mov(rdi, TestMachine.DataAt);
            a.mov(ecx, 64);
            a.mov(al, 7);
            a.rep.stosb();
        });
        Assert.Equal(SliceEnd.Stopped, end);
        Assert.Equal((Watched, Watched + 1, 55UL), (machine.Cpu.TakeStop().Address.Value, machine.State->Gpr[7], machine.State->Gpr[1]));
        Assert.Equal(SliceEnd.Halted, machine.Executor.Run());
        Assert.Equal((0UL, (byte)7), (machine.State->Gpr[1], machine.Ram(TestMachine.DataAt + 63, 1)[0]));
    }
}
