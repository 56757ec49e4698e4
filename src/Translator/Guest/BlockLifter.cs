using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest;

/// <summary>
/// Guest bytes to IR, one block at a time (QEMU's translator loop). A block ends at a control transfer, at an instruction after which the
/// processor state it was translated for may differ, at the end of its first page, or at the instruction limit. One instance a vCPU.
/// </summary>
public sealed class BlockLifter
{
    /// <summary>Guest instructions in a block when the compile flags set no limit.</summary>
    public const int DefaultLimit = 64;

    private readonly CodeWindow _window = new();
    private readonly Decoder _decoder16, _decoder32, _decoder64;
    private readonly Lifting _lifting;

    /// <param name="gate">The instructions that the processor has; null: all that can be lifted.</param>
    public BlockLifter(InstructionGate? gate = null)
    {
        gate ??= InstructionGate.Open;
        _decoder16 = Decoder.Create(16, _window, gate.Decoding);
        _decoder32 = Decoder.Create(32, _window, gate.Decoding);
        _decoder64 = Decoder.Create(64, _window, gate.Decoding);
        _lifting = new Lifting(_window, gate);
    }

    /// <summary>Fills <paramref name="block"/>, which is cleared first. Fetch faults past the block's first instruction end the block before them.</summary>
    /// <param name="sideExits">Conditional jumps, up to <see cref="Lifting.MostSideExits"/>, that do not end the block.</param>
    /// <param name="points">The block ends before breakpoints; null: there are none.</param>
    public LiftOutcome Lift(
        IrBlock block, TbContext context, ICodeFetch code, int mostInstructions = DefaultLimit, int sideExits = 0, DebugPoints? points = null)
    {
        block.Clear();
        block.Context = context;
        _lifting.Begin(block, sideExits);

        var decoder = context.Is64 ? _decoder64 : context.Is32 ? _decoder32 : _decoder16;
        var page = code.FirstPage;
        var limit = (int)(context.CompileFlags & TbCompileFlags.CountMask);
        limit = limit == 0 ? mostInstructions : Math.Min(limit, mostInstructions);
        var rip = context.Rip;

        while (true)
        {
            _window.Fill(page[block.GuestBytes..]);
            decoder.IP = rip;
            decoder.Decode(out _lifting.Instruction);
            if (decoder.LastError == DecoderError.NoMoreBytes && _window.Bytes.Length < CodeWindow.MaxInstruction)
            {
                if (block.GuestInstructions > 0)
                {
                    _lifting.Goto(rip, 0);
                    break;
                }
                if (!code.TrySecondPage(out var second))
                {
                    block.Clear();
                    return LiftOutcome.FetchFault;
                }
                _window.Extend(second);
                decoder.IP = rip;
                decoder.Decode(out _lifting.Instruction);
            }

            _lifting.LiftOne(rip);
            block.GuestInstructions++;
            block.GuestBytes += Math.Max(1, _lifting.Instruction.Length);
            if (_lifting.Ended) break;

            rip = _lifting.NextRip;
            if (block.GuestInstructions >= limit || block.GuestBytes >= page.Length || points?.IsBreakpoint(context.Pc + (ulong)block.GuestBytes) == true)
            {
                _lifting.Goto(rip, 0);
                break;
            }
        }
        _lifting.EmitSideExits();
        return LiftOutcome.Lifted;
    }
}
