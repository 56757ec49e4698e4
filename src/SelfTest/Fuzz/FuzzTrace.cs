using System.Text;
using Iced.Intel;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.SelfTest.Oracle;
using Tcg.Mttcg.Translator.Guest;

namespace Tcg.Mttcg.SelfTest.Fuzz;

/// <summary>The instructions of a case, found by running it again one at a time.</summary>
internal sealed unsafe class FuzzTrace(FuzzMachine machine)
{
    private const int Longest = 4000;

    // Random by nature, dot products, of whose NaNs processors choose different ones, and conversions whose exceptions translated code does not raise (docs/quirks.md).
    private static readonly HashSet<Mnemonic> Open =
    [
        Mnemonic.Rdrand, Mnemonic.Rdseed, Mnemonic.Dpps, Mnemonic.Dppd, Mnemonic.Vdpps, Mnemonic.Vdppd, Mnemonic.Cvtpd2pi, Mnemonic.Cvttpd2pi, Mnemonic.Cvtps2pi, Mnemonic.Cvttps2pi, Mnemonic.Cvtpi2ps, Mnemonic.Cvtpi2pd,
    ];

    private readonly List<Instruction> _instructions = [];
    private bool _isWhole = true;

    /// <summary>It came to its end, and no instruction has a result that the manuals leave open.</summary>
    public bool IsPredictable => _isWhole && _instructions.All(instruction => instruction.RflagsUndefined == RflagsBits.None && Exclusions.UndefinedFlags(instruction) == 0 && !Open.Contains(instruction.Mnemonic));

    public void Run(FuzzCase some, FuzzClock clock)
    {
        machine.Load(some);
        machine.RunSlowly(clock, Longest, Note);
        _isWhole &= machine.Looks < Longest;
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var instruction in _instructions.Take(60)) text.Append($"    {instruction.IP:x}: {instruction}\n");
        return text.ToString();
    }

    private void Note()
    {
        if (_instructions.Count >= Longest) return;
        var context = machine.Cpu.ComputeContext();
        Note(context.Pc, context.Rip, context.Bitness);
        // Nothing looks up between an instruction with an interrupt shadow and the next one.
        var last = _instructions[^1];
        var shadows = last.Mnemonic is Mnemonic.Sti or Mnemonic.Lss || (last.Mnemonic is Mnemonic.Mov or Mnemonic.Pop && last.Op0Register == Register.SS);
        if (shadows) Note(context.Pc + (uint)last.Length, context.Rip + (uint)last.Length, context.Bitness);
    }

    private void Note(ulong linear, ulong rip, int bitness)
    {
        Span<byte> bytes = stackalloc byte[CodeWindow.MaxInstruction];
        bytes.Clear();
        for (var at = 0; at < bytes.Length; at++)
        {
            if (!machine.Cpu.TryResolveCode(new GuestVirtual(linear + (uint)at), raise: false, out var page) || !page.IsRam) break;
            bytes[at] = machine.Ram[(int)page.Offset.Value];
        }
        var decoder = Iced.Intel.Decoder.Create(bitness, bytes.ToArray());
        decoder.IP = rip;
        _instructions.Add(decoder.Decode());
    }
}
