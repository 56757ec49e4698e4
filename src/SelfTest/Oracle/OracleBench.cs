using Tcg.Mttcg.SelfTest.Machines;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>Which back ends are compared with the host.</summary>
public enum OracleBackEnds { Both, Jit, Interpreter }

/// <summary>
/// The host processor and the back ends side by side, ready for one instruction at a time in one mode. There is one in a process at a time: the
/// addresses are fixed.
/// </summary>
internal sealed class OracleBench : IDisposable
{
    private readonly TestMachine _machine = TestMachine.With(Engine.Interpreter);
    private readonly NativeRunner _native;
    private readonly List<(GuestRunner Runner, OracleBackEnd BackEnd)> _guests = [];
    private readonly OracleMode _mode;
    private Form _form = null!;
    private uint _undefined;

    public OracleBench(OracleMode mode, OracleBackEnds backEnds)
    {
        _mode = mode;
        Arena = new Arena(_machine);
        _native = new NativeRunner(mode);
        if (backEnds != OracleBackEnds.Interpreter) Add(translated: true);
        if (backEnds != OracleBackEnds.Jit) Add(translated: false);
    }

    public Arena Arena { get; }

    /// <returns>What a back end cannot translate, as text; null: nothing.</returns>
    public string? SetForm(Form form, bool optimise)
    {
        _form = form;
        _undefined = Exclusions.UndefinedFlags(form.Instruction);
        _native.SetCode(form.Bytes);
        foreach (var (runner, backEnd) in _guests)
        {
            try
            {
                runner.SetCode(form.Bytes, 1, optimise);
            }
            catch (InvalidOperationException e)
            {
                return $"  {backEnd.Name}: {e.Message}\n";
            }
        }
        return null;
    }

    /// <summary>Runs the form everywhere on these registers and the memory that the arena remembers.</summary>
    /// <returns>The first difference as text; null: all agree.</returns>
    public string? Compare(in Registers before)
    {
        var onHost = before;
        _native.Run(ref onHost);
        UnpromisedBytes.Clear(_form.Instruction, before, _mode, Arena.NativeData);
        UnpromisedNaNs.Clear(_form.Instruction, ref onHost);
        foreach (var (runner, backEnd) in _guests)
        {
            var onGuest = before;
            Arena.RestoreGuest();
            var reason = runner.Run(ref onGuest, out var rip);
            var expected = _native.Branched ? NativeRunner.Taken - _mode.CodeBase : _mode.Start + (uint)_form.Bytes.Length;
            if (reason == TbExitReason.Exception) return $"  {backEnd.Name}: raised exception {runner.Vector}\n";
            if (rip != expected) return $"  {backEnd.Name}: left with {reason} at {rip:x}, not {expected:x}\n";
            UnpromisedBytes.Clear(_form.Instruction, before, _mode, Arena.GuestData);
            UnpromisedNaNs.Clear(_form.Instruction, ref onGuest);
            if (!Comparison.Agree(onHost, onGuest, _undefined, Arena)) return $"  {backEnd.Name}:\n{Comparison.Differences(before, onHost, onGuest, _undefined, Arena)}";
        }
        return null;
    }

    public void Dispose()
    {
        foreach (var (_, backEnd) in _guests) backEnd.Dispose();
        _native.Dispose();
        Arena.Dispose();
        _machine.Dispose();
    }

    private void Add(bool translated)
    {
        var backEnd = new OracleBackEnd(translated);
        _guests.Add((new GuestRunner(_machine, _mode, backEnd), backEnd));
    }
}
