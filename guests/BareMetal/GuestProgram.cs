using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.BareMetal;

/// <summary>
/// A bare-metal SMP program of ours. The constructor's code brings every CPU to <see cref="Main"/> in 64-bit mode with its number (0, 1, ...) in
/// EDI and RBX, the number of CPUs in ESI and R12, and a stack; all CPUs have arrived by then. It runs on any PC with fw_cfg, a 16550 and isa-debug-exit.
/// </summary>
public sealed class GuestProgram
{
    private readonly List<(uint Address, byte[] Bytes)> _placed = [];
    private Label _main, _putChar, _putHex;

    public GuestProgram(string name)
    {
        Name = name;
        C = new Assembler(64);
        _main = C.CreateLabel();
        _putChar = C.CreateLabel();
        _putHex = C.CreateLabel();
        Start();
        Subroutines();
    }

    public string Name { get; }

    /// <summary>The 64-bit code; append to it after <see cref="Main"/>.</summary>
    public Assembler C { get; }

    /// <summary>What follows is where all CPUs arrive.</summary>
    public void Main() => C.Label(ref _main);

    /// <summary>Ends the machine with a 32-bit OUT; the process exit code is (code &lt;&lt; 1) | 1.</summary>
    public void Exit(uint code)
    {
        C.mov(eax, code);
        ExitWithEax();
    }

    public void ExitWithEax()
    {
        var halt = C.CreateLabel();
        C.mov(dx, MemoryMap.DebugExit);
        C.@out(dx, eax);
        Halt(halt);
    }

    /// <summary>This CPU has nothing left to do.</summary>
    public void Halt()
    {
        var halt = C.CreateLabel();
        Halt(halt);
    }

    /// <summary>Writes text to the serial port. Clobbers RAX, RDX.</summary>
    public void Print(string text)
    {
        foreach (var b in System.Text.Encoding.ASCII.GetBytes(text))
        {
            C.mov(al, b);
            C.call(_putChar);
        }
    }

    /// <summary>Writes the character in AL. Clobbers RAX, RDX.</summary>
    public void PrintAl() => C.call(_putChar);

    /// <summary>Writes RAX as 16 hexadecimal digits. Clobbers RAX, RCX, RDX.</summary>
    public void PrintHex() => C.call(_putHex);

    /// <summary>
    /// All CPUs (count in R12) meet here. Sense-reversing over two words at <paramref name="address"/> (64 bytes apart); the sense is kept per CPU in
    /// R15, which the program must start at 0 and leave alone. Clobbers RAX, RCX.
    /// </summary>
    public void Barrier(uint address)
    {
        Label wait = C.CreateLabel(), done = C.CreateLabel();
        C.xor(r15, 1);
        C.mov(eax, 1);
        C.@lock.xadd(__dword_ptr[address], eax);
        C.inc(eax);
        C.cmp(eax, r12d);
        C.jne(wait);
        C.mov(__dword_ptr[address], 0);
        C.mov(__dword_ptr[address + 64], r15d);
        C.jmp(done);
        C.Label(ref wait);
        C.pause();
        C.cmp(__dword_ptr[address + 64], r15d);
        C.jne(wait);
        C.Label(ref done);
        // A label must stand before an instruction, whatever follows.
        C.nop();
    }

    /// <summary>Bytes that the loader puts at a physical address behind the code.</summary>
    public void Place(uint address, byte[] bytes, uint most)
    {
        if (bytes.Length > most) throw new InvalidOperationException($"{bytes.Length} bytes at 0x{address:x}: {most} fit");
        _placed.Add((address, bytes));
    }

    public GuestImage Build()
    {
        using var stream = new MemoryStream();
        C.Assemble(new StreamCodeWriter(stream), MemoryMap.Image64);
        var code64 = stream.ToArray();
        var total = (int)(MemoryMap.Image64 - MemoryMap.Image) + code64.Length;
        if (_placed.Count > 0 && _placed.Min(piece => piece.Address) < MemoryMap.Image + total) throw new InvalidOperationException("the code reaches into what is placed behind it");
        total = Math.Max(total, _placed.Select(piece => (int)(piece.Address - MemoryMap.Image) + piece.Bytes.Length).DefaultIfEmpty().Max());
        var image = new byte[total];
        foreach (var (address, bytes) in _placed) bytes.CopyTo(image, (int)(address - MemoryMap.Image));
        var start = Startup32.Assemble(total);
        if (start.Length > MemoryMap.Image64 - MemoryMap.Image) throw new InvalidOperationException("start-up code is larger than its page");
        start.CopyTo(image, 0);
        code64.CopyTo(image, (int)(MemoryMap.Image64 - MemoryMap.Image));
        return new GuestImage(Name, image);
    }

    private void Start()
    {
        Label others = C.CreateLabel(), all = C.CreateLabel(), delay = C.CreateLabel();
        C.mov(eax, 1);
        C.@lock.xadd(__dword_ptr[MemoryMap.Started], eax);
        C.mov(ebx, eax);
        C.mov(ecx, eax);
        C.shl(ecx, 14);
        C.lea(rsp, __[rcx + (MemoryMap.Stacks + MemoryMap.StackBytes)]);
        C.test(ebx, ebx);
        C.jne(others);

        // fw_cfg item 5: number of CPUs.
        C.mov(dx, MemoryMap.FwCfgSelector);
        C.mov(ax, 5);
        C.@out(dx, ax);
        C.mov(dx, MemoryMap.FwCfgData);
        C.@in(al, dx);
        C.movzx(ecx, al);
        C.@in(al, dx);
        C.movzx(eax, al);
        C.shl(eax, 8);
        C.or(ecx, eax);
        C.mov(__dword_ptr[MemoryMap.CpuCount], ecx);

        // INIT, a moment, start-up IPI: all but self.
        C.mov(esi, MemoryMap.LocalApic);
        C.mov(__dword_ptr[rsi + 0x300], 0xc4500);
        C.mov(ecx, 1000);
        C.Label(ref delay);
        C.@in(al, 0x80);
        C.dec(ecx);
        C.jne(delay);
        C.mov(__dword_ptr[rsi + 0x300], 0xc4600 | MemoryMap.Trampoline >> 12);

        C.Label(ref others);
        C.pause();
        C.mov(esi, __dword_ptr[MemoryMap.CpuCount]);
        C.test(esi, esi);
        C.je(all);
        C.cmp(__dword_ptr[MemoryMap.Started], esi);
        C.jne(others);
        C.mov(edi, ebx);
        C.mov(r12, rsi);
        C.xor(r15d, r15d);
        C.jmp(_main);
        C.Label(ref all);
        C.jmp(others);
    }

    private void Subroutines()
    {
        Label busy = C.CreateLabel(), digit = C.CreateLabel(), letter = C.CreateLabel(), next = C.CreateLabel();
        C.Label(ref _putChar);
        C.mov(ah, al);
        C.mov(dx, MemoryMap.Serial + 5);
        C.Label(ref busy);
        C.@in(al, dx);
        C.test(al, 0x20);
        C.je(busy);
        C.mov(al, ah);
        C.mov(dx, MemoryMap.Serial);
        C.@out(dx, al);
        C.ret();

        C.Label(ref _putHex);
        C.mov(ecx, 16);
        C.Label(ref next);
        C.rol(rax, 4);
        C.push(rax);
        C.and(al, 15);
        C.cmp(al, 10);
        C.jb(digit);
        C.add(al, (sbyte)('a' - 10));
        C.jmp(letter);
        C.Label(ref digit);
        C.add(al, (sbyte)'0');
        C.Label(ref letter);
        C.call(_putChar);
        C.pop(rax);
        C.dec(ecx);
        C.jne(next);
        C.ret();
    }

    private void Halt(Label halt)
    {
        C.cli();
        C.Label(ref halt);
        C.hlt();
        C.jmp(halt);
    }
}
