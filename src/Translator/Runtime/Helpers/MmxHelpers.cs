using Iced.Intel;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>MMX: its registers are the mantissas of the x87's, by physical number (SDM 1 9.2, 3A 12.2).</summary>
internal static unsafe class MmxHelpers
{
    internal static readonly HelperRow[] Rows = [new(HelperId.Mmx, &Execute)];

    private const ushort TopMask = 7 << 11, AllEmpty = 0xff;
    private const int Slot = 16, ExponentOffset = 8;

    private static ulong Execute(Cpu cpu, ulong word, ulong argument, ulong c)
    {
        if (!cpu.CheckX87()) return 0;
        var call = new MmxCall(word);
        var state = cpu.State;
        state->X87Status &= unchecked((ushort)~TopMask);
        if (call.Mnemonic == Mnemonic.Emms)
        {
            state->X87Tag = AllEmpty;
            return 0;
        }
        state->X87Tag = 0;
        var source = call.SourceIsArgument ? argument : *Register(state, call.Source);
        var destination = Register(state, call.Destination);
        var result = MmxTable.Of(call.Mnemonic)(*destination, source, call.Immediate);
        if (call.Writes)
        {
            *destination = result;
            *(ushort*)((byte*)destination + ExponentOffset) = 0xffff;
        }
        return result;
    }

    private static ulong* Register(CpuState* state, int number) => (ulong*)(state->X87 + (number * Slot));
}
