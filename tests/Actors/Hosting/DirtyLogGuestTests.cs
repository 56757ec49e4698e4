using Tcg.Mttcg.Actors.Hosting;
using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Actors.Tests.Hosting;

/// <summary>A host that follows a running guest's writes as a live migration does: log, copy, log, copy, and in the end all must be the same.</summary>
public class DirtyLogGuestTests
{
    private const ulong First = 0x300000, Hpet = 0xfed00000;
    private const int Pages = 64, ApSegment = 0x4000;
    private readonly Dictionary<RamPage, byte[]> _mirror = [];

    // The first processor stores to 64 pages, the other one to 64 KiB of its own, every 8 bytes of them sooner or later.
    private static MachineOptions TwoWriters(BackEndKind backEnd) => Guest.Options(a =>
    {
        var loop = a.CreateLabel();
        a.StartOthers(Guest.Assemble(16, 0, ap =>
        {
            var next = ap.CreateLabel();
            ap.mov(ax, ApSegment);
            ap.mov(ds, ax);
            ap.xor(esi, esi);
            ap.Label(ref next);
            ap.inc(esi);
            ap.imul(bx, si, 4104);
            ap.mov(__dword_ptr[bx], esi);
            ap.jmp(next);
        }));
        a.xor(edi, edi);
        a.Label(ref loop);
        a.inc(rdi);
        a.imul(eax, edi, 4104);
        a.and(eax, (Pages << 12) - 8);
        a.mov(__qword_ptr[rax + (int)First], rdi);
        a.jmp(loop);
    }, cpus: 2, backEnd);

    private async Task<int> Follow(EmulatedMachine machine)
    {
        var dirty = await machine.TakeDirtyPagesAsync().WaitAsync(Guest.Wait);
        foreach (var page in dirty.Pages()) _mirror[page] = machine.PageBytes(page).ToArray();
        return dirty.Count;
    }

    // Everything stands still: what the last log does not tell of was copied after its last store.
    private async Task AssertSame(EmulatedMachine machine)
    {
        await Follow(machine);
        foreach (var (page, copy) in _mirror) Assert.True(machine.PageBytes(page).SequenceEqual(copy), $"page {page.Index} was stored to unseen");
    }

    [Theory]
    [InlineData(BackEndKind.Jit)]
    [InlineData(BackEndKind.Interpreter)]
    public async Task What_two_processors_store_all_the_time_is_copied_to_the_last_byte(BackEndKind backEnd)
    {
        await using var machine = new EmulatedMachine(TwoWriters(backEnd));
        machine.Start();
        var dirtied = 0;
        var all = await Follow(machine);
        for (var round = 0; round < 40; round++)
        {
            for (var i = 0; i < 5; i++) dirtied += await Follow(machine);
            await machine.PauseAsync().WaitAsync(Guest.Wait);
            await AssertSame(machine);
            machine.Resume();
        }
        Assert.True(all >= 16 << 20 >> PageSize.Shift, $"{all} pages in the first log");
        Assert.True(dirtied > 0, "nothing was dirty after the first log");
    }

    [Fact]
    public async Task A_store_behind_a_slow_device_read_is_waited_for()
    {
        var device = new SlowRegister();
        await using var machine = new EmulatedMachine(Guest.Options(a =>
        {
            var loop = a.CreateLabel();
            a.mov(rbx, Hpet);
            a.xor(edi, edi);
            a.Label(ref loop);
            a.inc(rdi);
            a.mov(eax, edi);
            a.and(eax, Pages - 1);
            a.shl(eax, 12);
            a.mov(__qword_ptr[rax + (int)First], rdi);
            // A register that is not there: the device's log is this test.
            a.mov(ecx, __dword_ptr[rbx + 0x18]);
            a.mov(__qword_ptr[rax + (int)First + 8], rdi);
            a.jmp(loop);
        }) with { Log = device });
        // Whatever happens, the processor does not stay in the device.
        using var open = new Opening(device);
        machine.Start();
        for (var round = 0; round < 10; round++)
        {
            await device.Entered();
            var following = Follow(machine);
            // A log that does not wait for the processor in the device is over by now, and its pages are copied.
            await Task.WhenAny(following, Task.Delay(20));
            await Finish(following, device);
            await device.Entered();
            var pausing = machine.PauseAsync();
            await Finish(pausing, device);
            await AssertSame(machine);
            machine.Resume();
        }
    }

    // On a busy host the processor may be in the device again before it is told of what the task waits for.
    private static async Task Finish(Task task, SlowRegister device)
    {
        do device.Release();
        while (await Task.WhenAny(task, Task.Delay(20)) != task);
        await task;
    }

    private sealed class SlowRegister : IDeviceLog
    {
        private readonly SemaphoreSlim _released = new(0);
        private volatile bool _isOpen;
        private int _isInside;

        public void Unhandled(string device, string message)
        {
            if (device != "hpet") return;
            Interlocked.Exchange(ref _isInside, 1);
            if (!_isOpen) _released.Wait();
        }

        public async Task Entered()
        {
            using var limit = new CancellationTokenSource(Guest.Wait);
            while (Volatile.Read(ref _isInside) == 0) await Task.Delay(1, limit.Token);
        }

        public void Release()
        {
            if (Interlocked.Exchange(ref _isInside, 0) != 0) _released.Release();
        }

        public void Open()
        {
            _isOpen = true;
            Release();
        }
    }

    private sealed class Opening(SlowRegister device) : IDisposable
    {
        public void Dispose() => device.Open();
    }
}
