using Iced.Intel;
using Tcg.Mttcg.SelfTest.Machines;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>Flags that are had by repeating what set them, when its result was overwritten meanwhile.</summary>
public class RepeatedFlagsTests
{
    private const ulong ParityAndCarry = 0x5, Arithmetic = 0x8d5;

    [Theory]
    [InlineData(Engine.Interpreter)]
    [InlineData(Engine.X64)]
    public unsafe void A_reader_of_the_carry_does_not_spoil_the_other_flags(Engine engine)
    {
        if (engine == Engine.X64 && !Tcg.Mttcg.Translator.Host.X64.X64BackEnd.IsSupported) return;
        using var machine = TestMachine.With(engine);
        machine.Run(a =>
        {
            a.mov(eax, 0x96);
            a.push(1);
            a.stc();
            // The carry comes from the state into the next block.
            var next = a.CreateLabel();
            a.jmp(next);
            a.Label(ref next);
            a.dec(eax);
            a.pop(rax);
            a.setb(cl);
            a.pushfq();
            a.pop(rdx);
        });
        Assert.Equal(ParityAndCarry, machine.State->Gpr[2] & Arithmetic);
        Assert.Equal(1ul, machine.State->Gpr[1] & 0xff);
    }
}
