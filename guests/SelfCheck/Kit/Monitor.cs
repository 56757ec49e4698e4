using System.Globalization;
using Iced.Intel;

namespace Tcg.Mttcg.Guests.SelfCheck.Kit;

/// <summary>A CPUID bit that a check needs.</summary>
internal readonly record struct CpuidBit(uint Leaf, AssemblerRegister32 Register, int Bit)
{
    public static readonly CpuidBit
        Vme = new(1, AssemblerRegisters.edx, 1), Pcid = new(1, AssemblerRegisters.ecx, 17), FsGsBase = new(7, AssemblerRegisters.ebx, 0), Smep = new(7, AssemblerRegisters.ebx, 7),
        Invpcid = new(7, AssemblerRegisters.ebx, 10), Smap = new(7, AssemblerRegisters.ebx, 20), Umip = new(7, AssemblerRegisters.ecx, 2), Pku = new(7, AssemblerRegisters.ecx, 3),
        La57 = new(7, AssemblerRegisters.ecx, 16), Page1G = new(0x80000001, AssemblerRegisters.edx, 26), Rdtscp = new(0x80000001, AssemblerRegisters.edx, 27),
        Xsave = new(1, AssemblerRegisters.ecx, 26), Cx16 = new(1, AssemblerRegisters.ecx, 13);
}

/// <summary>
/// The code that goes through a list of checks in one mode: prepares, runs a piece of code, looks at what came of it. Both modes offer the same words.
/// </summary>
internal abstract class Monitor(CheckProgram program, int bits, string family)
{
    private Label _end;

    public CheckProgram Program { get; } = program;
    public Assembler C { get; } = new(bits);

    /// <summary>A check with fresh tables and control registers.</summary>
    /// <param name="source">Volume and section of the SDM.</param>
    public void Check(string name, string source, Action body, params ReadOnlySpan<CpuidBit> needs)
    {
        name = family + name;
        var entry = Program.Add(name, source);
        if (Program.LeftOut.Any(part => name.Contains(part, StringComparison.OrdinalIgnoreCase)))
        {
            C.mov(AssemblerRegisters.__dword_ptr[entry.Result], 2);
            return;
        }
        _end = C.CreateLabel();
        Begin(entry, C.CreateLabel(), needs);
        body();
        C.mov(AssemblerRegisters.__dword_ptr[entry.Result], 1);
        C.Label(ref _end);
        C.nop();
    }

    /// <summary>Runs a piece of code until its first event.</summary>
    public void Run(Fragment code, Start start) => Launch(Program.Words(start.Words(code.Start)));

    /// <summary>A check of one line: the marked (or first) instruction of the code faults.</summary>
    /// <param name="before">Preparations.</param>
    /// <param name="after">What else must hold then.</param>
    public void Fault(
        string name, string source, Start start, int vector, uint error, Action<Assembler, Fragment> body, Action? before = null, Action? after = null,
        params CpuidBit[] needs) => Check(name, source, () =>
        {
            var code = Program.Code(start.Bits, body);
            before?.Invoke();
            Execute(code, start);
            ExpectFault(vector, code, error);
            after?.Invoke();
        }, needs);

    /// <summary>A check of one line: the code comes to its end.</summary>
    public void Runs(
        string name, string source, Start start, Action<Assembler, Fragment> body, Action? before = null, Action? after = null, params CpuidBit[] needs) =>
        Check(name, source, () =>
        {
            var code = Program.Code(start.Bits, body);
            before?.Invoke();
            Execute(code, start);
            ExpectDone(code);
            after?.Invoke();
        }, needs);

    /// <summary>A check of one line: a trap behind the marked instruction, which is that before the mark.</summary>
    public void Trap(
        string name, string source, Start start, int vector, Action<Assembler, Fragment> body, Action? before = null, Action? after = null,
        params CpuidBit[] needs) => Fault(name, source, start, vector, 0, body, before, after, needs);

    protected virtual void Execute(Fragment code, Start start) => Run(code, start);

    /// <summary>Looks at memory. Only the first surprise of a check is kept.</summary>
    public abstract void ExpectMemory(string what, uint address, int bytes, ulong value, ulong mask = ulong.MaxValue);

    /// <summary>Writes 1, 2, 4 or 8 bytes.</summary>
    public abstract void Poke(uint address, int bytes, ulong value);

    public void Expect(Field field, ulong value, ulong mask = ulong.MaxValue) =>
        ExpectMemory(field.ToString().ToLower(CultureInfo.InvariantCulture), Fields.At(field), 8, value, mask);

    public void ExpectFlags(uint set, uint clear = 0) => Expect(Field.Flags, set, set | clear);

    /// <summary>This vector, and RIP there.</summary>
    public void ExpectEvent(int vector, uint rip)
    {
        Expect(Field.Vector, (uint)vector);
        Expect(Field.Rip, rip);
    }

    /// <summary>A fault of the marked instruction: RF is set in the image (SDM 3B 18.3.1.1), and the error code is right.</summary>
    public void ExpectFault(int vector, Fragment code, uint? error = null, int mark = 0)
    {
        ExpectEvent(vector, code.At(mark));
        if (error is { } value) Expect(Field.Error, value);
    }

    /// <summary>The code came to its end.</summary>
    public void ExpectDone(Fragment code) => ExpectEvent(Vec.Done, code.End);

    public void Descriptor(ushort selector, ulong value) => Poke(CheckMap.Gdt + (selector & 0xfff8u), 8, value);

    /// <summary>An address in every handler of <paramref name="vector"/> but the monitor's own.</summary>
    public abstract void Gate(int vector, ushort selector, uint offset, int type = GateType.Interrupt, int dpl = 0, int ist = 0);

    public byte[] Assemble(uint address)
    {
        using var stream = new MemoryStream();
        C.Assemble(new StreamCodeWriter(stream), address);
        return stream.ToArray();
    }

    protected Label End => _end;

    protected abstract void Begin(CheckEntry entry, Label go, ReadOnlySpan<CpuidBit> needs);

    protected abstract void Launch(uint start);

    /// <summary>The results of a check: 0 not run, 1 run, 2 left out; then name, value wanted and value found of the first surprise.</summary>
    protected void SkipUnless(CheckEntry entry, ReadOnlySpan<CpuidBit> needs)
    {
        foreach (var need in needs)
        {
            var present = C.CreateLabel();
            C.mov(AssemblerRegisters.eax, need.Leaf);
            C.xor(AssemblerRegisters.ecx, AssemblerRegisters.ecx);
            C.cpuid();
            C.bt(need.Register, (byte)need.Bit);
            C.jb(present);
            C.mov(AssemblerRegisters.__dword_ptr[entry.Result], 2);
            C.jmp(_end);
            C.Label(ref present);
            C.nop();
        }
    }
}
