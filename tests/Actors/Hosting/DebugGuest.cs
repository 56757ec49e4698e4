using Iced.Intel;
using Tcg.Mttcg.Actors.Hosting;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Runtime;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Actors.Tests.Hosting;

/// <summary>Two processors in hot loops, and the addresses of their instructions.</summary>
internal sealed class DebugGuest : IAsyncDisposable
{
    /// <summary>The second processor's loop stores ESI to Count each time, and to Rare every 256th time.</summary>
    public const ulong Count = 0x40010, Rare = 0x40020;
    private const ulong ApBase = Guest.ApPage << 12;
    private const int Short = 64;

    private DebugGuest(BackEndKind backEnd)
    {
        var first = FirstLoop(out var ofFirst);
        var second = SecondLoop(out var ofSecond);
        (IncRdx, AfterIncRdx, AfterLoad) = (ofFirst(0), ofFirst(1), ofFirst(2));
        (StoreCount, AfterRare) = (ofSecond(0), ofSecond(1));
        // The first loop lies far behind the code that starts the other processor, so its blocks are its own.
        var start = Guest.Assemble(64, Guest.Entry, a =>
        {
            a.StartOthers(second);
            a.jmp(LoopAt);
        });
        var image = new byte[(int)(LoopAt - Guest.Entry) + first.Length];
        start.CopyTo(image, 0);
        first.CopyTo(image, (int)(LoopAt - Guest.Entry));
        Machine = new EmulatedMachine(Guest.Options(a => a.db(image), cpus: 2, backEnd));
    }

    private const ulong LoopAt = Guest.Entry + 0x1000;

    public EmulatedMachine Machine { get; }

    /// <summary>In the first processor's loop, where RAX is RDX + 1.</summary>
    public ulong IncRdx { get; }
    public ulong AfterIncRdx { get; }

    /// <summary>Behind the instruction that reads <see cref="Guest.Shared"/>.</summary>
    public ulong AfterLoad { get; }

    /// <summary>In the second processor's loop, linear: where ESI is one more than what Count holds.</summary>
    public ulong StoreCount { get; }
    public ulong AfterRare { get; }

    public static async Task<DebugGuest> Start(BackEndKind backEnd)
    {
        var guest = new DebugGuest(backEnd);
        guest.Machine.Start();
        for (var before = (0UL, 0UL); ; await guest.Machine.RunAloneAsync(() => before = (guest.Gpr(0, 0), guest.Gpr(1, 6))))
        {
            if (before is (> 1000, > 1000)) return guest;
            await Task.Yield();
        }
    }

    public ulong Gpr(int cpu, int register) => Gpr(Machine, cpu, register);

    public static unsafe ulong Gpr(EmulatedMachine machine, int cpu, int register) => machine.Cpus[cpu].State->Gpr[register];

    public uint Word(ulong address) => BitConverter.ToUInt32(Machine.BoardMemory.Span(address, 4));

    public async Task<DebugStop> Stop()
    {
        using var limit = new CancellationTokenSource(Guest.Wait);
        return await Machine.DebugStops.ReadAsync(limit.Token);
    }

    /// <summary>Ends the first processor's loop, and with it the machine.</summary>
    public async Task End()
    {
        Assert.True(Machine.Memory.TryWrite(new GuestPhysical(Guest.Shared), 77u));
        Assert.Equal(77u, (await Machine.Completion.WaitAsync(Guest.Wait)).Code);
    }

    public ValueTask DisposeAsync() => Machine.DisposeAsync();

    private static byte[] FirstLoop(out Func<int, ulong> addresses)
    {
        var a = new Assembler(64);
        var (loop, even, incRdx, after, afterLoad) = (a.CreateLabel(), a.CreateLabel(), a.CreateLabel(), a.CreateLabel(), a.CreateLabel());
        a.xor(eax, eax);
        a.xor(edx, edx);
        a.mov(rbx, Guest.Shared);
        a.Label(ref loop);
        a.inc(rax);
        a.test(al, 1);
        a.je(even);
        a.inc(r8);
        a.Label(ref even);
        a.add(r9, rax);
        a.Label(ref incRdx);
        a.inc(rdx);
        a.Label(ref after);
        a.cmp(__dword_ptr[rbx], 0);
        a.Label(ref afterLoad);
        a.je(loop);
        a.mov(eax, __dword_ptr[rbx]);
        a.Exit();
        return Encode(a, LoopAt, [incRdx, after, afterLoad], out addresses);
    }

    private static byte[] SecondLoop(out Func<int, ulong> addresses)
    {
        var a = new Assembler(16);
        var (loop, store, afterRare) = (a.CreateLabel(), a.CreateLabel(), a.CreateLabel());
        a.mov(ax, (ushort)(Count >> 4));
        a.mov(ds, ax);
        a.xor(esi, esi);
        a.Label(ref loop);
        a.inc(esi);
        a.Label(ref store);
        a.mov(__dword_ptr[0], esi);
        a.test(esi, 0xff);
        a.jne(loop);
        a.mov(__dword_ptr[(int)(Rare - Count)], esi);
        a.Label(ref afterRare);
        a.jmp(loop);
        var code = Encode(a, 0, [store, afterRare], out var offsets);
        Assert.True(code.Length < Short);
        addresses = i => ApBase + offsets(i);
        return code;
    }

    /// <summary>64-bit code, and where the labels are that it returns.</summary>
    public static byte[] Encode(Func<Assembler, Label[]> code, ulong at, ulong[] addresses)
    {
        var a = new Assembler(64);
        var labels = code(a);
        var bytes = Encode(a, at, labels, out var found);
        for (var i = 0; i < addresses.Length; i++) addresses[i] = found(i);
        return bytes;
    }

    private static byte[] Encode(Assembler a, ulong at, Label[] labels, out Func<int, ulong> addresses)
    {
        using var stream = new MemoryStream();
        var result = a.Assemble(new StreamCodeWriter(stream), at, BlockEncoderOptions.ReturnNewInstructionOffsets);
        addresses = i => result.GetLabelRIP(labels[i]);
        return stream.ToArray();
    }
}
