using Iced.Intel;
using Tcg.Mttcg.Actors.Hosting;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Guests.BareMetal;
using Tcg.Mttcg.Translator.Diagnostics;

namespace Tcg.Mttcg.Guests.Tests.Support;

/// <summary>Machines for tests, and what they say when they do not end.</summary>
internal static class Boot
{
    /// <summary>Far beyond what any of these guests needs, also on a loaded host.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(180);

    /// <summary>A guest of our own: <paramref name="main"/> is run by all CPUs in 64-bit mode.</summary>
    public static GuestImage Guest(Action<GuestProgram> main)
    {
        var program = new GuestProgram("test");
        program.Main();
        main(program);
        return program.Build();
    }

    public static VmOptions Options(GuestImage image, int cpus = 1) => new() { KernelBytes = image.Bytes, Cpus = cpus, RamBytes = 32 << 20 };

    public static async Task<MachineResult> ToEnd(VmOptions options)
    {
        await using var vm = Vm.Start(options);
        return await vm.ToEnd();
    }

    /// <summary>The result; if none comes, where every vCPU is.</summary>
    public static async Task<MachineResult> ToEnd(this Vm vm)
    {
        if (await Task.WhenAny(vm.Completion, Task.Delay(Limit)) == vm.Completion) return await vm.Completion;
        throw new TimeoutException($"the guest did not end within {Limit}\n{await vm.Where()}\n{vm.Console.Text}");
    }

    /// <summary>The registers of all vCPUs of a running machine.</summary>
    public static async Task<string> Where(this Vm vm)
    {
        var paused = vm.Machine.PauseAsync();
        if (await Task.WhenAny(paused, Task.Delay(TimeSpan.FromSeconds(10))) != paused) return "and its vCPUs could not be paused";
        var text = string.Join('\n', vm.Machine.Cpus.Select(RegisterDump.Of));
        vm.Machine.Resume();
        return text;
    }

    public static void Write(this GuestProgram program, ushort port, ushort value)
    {
        program.C.mov(AssemblerRegisters.dx, port);
        program.C.mov(AssemblerRegisters.ax, value);
        program.C.@out(AssemblerRegisters.dx, AssemblerRegisters.ax);
    }

    /// <summary>All CPUs but the first go no further.</summary>
    public static void OnlyTheFirst(this GuestProgram program)
    {
        var first = program.C.CreateLabel();
        program.C.test(AssemblerRegisters.ebx, AssemblerRegisters.ebx);
        program.C.je(first);
        program.Halt();
        program.C.Label(ref first);
    }
}
