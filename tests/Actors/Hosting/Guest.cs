using Iced.Intel;
using Tcg.Mttcg.Actors.Hosting;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Machine.Boards;
using Tcg.Mttcg.Machine.Boot;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Actors.Tests.Hosting;

/// <summary>Small bare-metal guests in 64-bit mode, and machines to run them.</summary>
internal static class Guest
{
    public const ulong Entry = 0x100000, Shared = 0x200000;
    public const ushort ExitPort = 0xf4;
    public const byte ApPage = 0x20;
    public static readonly TimeSpan Wait = TimeSpan.FromSeconds(60);

    public static byte[] Assemble(int bitness, ulong at, Action<Assembler> code)
    {
        var assembler = new Assembler(bitness);
        code(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), at);
        return stream.ToArray();
    }

    public static MachineOptions Options(Action<Assembler> code, int cpus = 1, BackEndKind backEnd = BackEndKind.Auto) => new()
    {
        Cpus = cpus,
        RamBytes = 16 << 20,
        BackEnd = backEnd,
        DebugExit = new DebugExitOptions(ExitPort, 4),
        Boot = new BootRequest(BootSource.FromBytes("test guest", Assemble(64, Entry, code)))
        {
            Format = BootFormat.Flat, FlatAddress = Entry, FlatMode = BootMode.Long64,
        },
    };

    public static MachineResult Run(MachineOptions options)
    {
        using var machine = new EmulatedMachine(options);
        machine.Start();
        AwaitEnd(machine);
        return machine.Completion.Result;
    }

    /// <summary>Fails with all registers when the guest does not end.</summary>
    public static void AwaitEnd(EmulatedMachine machine)
    {
        if (machine.Completion.Wait(Wait)) return;
        machine.StopAsync().Wait(Wait);
        Assert.Fail("the guest did not end" + Environment.NewLine + machine.Describe());
    }

    /// <summary>isa-debug-exit with the value in EAX.</summary>
    public static void Exit(this Assembler a)
    {
        a.mov(dx, ExitPort);
        a.@out(dx, eax);
        var halt = a.CreateLabel();
        a.Label(ref halt);
        a.hlt();
        a.jmp(halt);
    }

    /// <summary>Copies real-mode code for the other processors to its page and sends INIT and SIPI to all of them through the xAPIC.</summary>
    public static void StartOthers(this Assembler a, byte[] realMode)
    {
        for (var i = 0; i < realMode.Length; i += 4)
        {
            var word = BitConverter.ToUInt32([.. realMode.Skip(i).Take(4), 0, 0, 0, 0]);
            a.mov(__dword_ptr[(ApPage << 12) + i], word);
        }
        a.mov(rbx, 0xfee00000);
        // Spurious-interrupt register: enable the APIC.
        a.mov(__dword_ptr[rbx + 0xf0], 0x1ff);
        a.mov(__dword_ptr[rbx + 0x300], 0xc4500);
        a.mov(__dword_ptr[rbx + 0x300], 0xc4600 | ApPage);
    }
}
