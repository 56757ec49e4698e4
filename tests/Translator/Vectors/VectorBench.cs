using System.Runtime.InteropServices;
using Tcg.Mttcg.SelfTest.Machines;
using Tcg.Mttcg.SelfTest.Oracle;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.Vectors;

/// <summary>One instruction on one back end, with the oracle's memory around it; its last byte is followed by nothing.</summary>
internal sealed unsafe class VectorBench : IDisposable
{
    /// <summary>The first byte that is not mapped.</summary>
    public const ulong End = Arena.Address + 0x200000;
    public const int PageFault = 14, GeneralProtection = 13, None = -1;

    private readonly TestMachine _machine = TestMachine.With(Engine.Interpreter);
    private readonly OracleBackEnd _backEnd;
    private readonly GuestRunner _guest;

    public VectorBench(bool translated, int bitness = 64)
    {
        Arena = new Arena(_machine);
        _backEnd = new OracleBackEnd(translated);
        _guest = new GuestRunner(_machine, OracleMode.Of(bitness), _backEnd);
        Registers.MxCsr = MxCsr.Default;
        Registers.X87Control = 0x37f;
        Registers.Gpr[4] = Arena.Address + Arena.StackOffset;
    }

    public Arena Arena { get; }
    public Registers Registers;

    /// <summary>The last 64 bytes before <see cref="End"/>.</summary>
    public Span<byte> Edge => Arena.GuestEnd;

    public Span<uint> Lanes(int register) =>
        MemoryMarshal.Cast<byte, uint>(MemoryMarshal.CreateSpan(ref Registers.Vector[register * Registers.VectorBytes], Registers.VectorBytes));

    /// <summary>The vector of the exception it raised; -1: none.</summary>
    public int Run(string hex)
    {
        _guest.SetCode(Convert.FromHexString(hex), 1, optimise: true);
        _guest.Run(ref Registers, out var rip);
        if (_guest.Vector >= 0) Assert.Equal(NativeRunner.Slot, rip);
        return _guest.Vector;
    }

    public void Dispose()
    {
        _backEnd.Dispose();
        Arena.Dispose();
        _machine.Dispose();
    }
}
