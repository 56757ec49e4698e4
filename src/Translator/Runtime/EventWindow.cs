using Tcg.Mttcg.Memory.Contracts;
using Tcg.Mttcg.Translator.Diagnostics;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>What happens between two TBs: INIT, start-up, NMI and interrupts, by the priorities of SDM 3A table 6-2; and pending exceptions.</summary>
internal sealed unsafe class EventWindow(Cpu cpu, ExecutorCounters counters, ExecutionLog? log)
{
    private bool _nmi;

    /// <summary>The last <see cref="Deliver"/> moved the vCPU elsewhere: to a handler, or to where it starts.</summary>
    public bool Delivered { get; private set; }

    /// <summary>False: the vCPU has nothing to run, or shut down; <paramref name="end"/> says which.</summary>
    public bool Deliver(out SliceEnd end)
    {
        end = SliceEnd.Halted;
        Delivered = false;
        var state = cpu.State;
        var interrupts = cpu.Ports.Interrupts;
        if (interrupts.HasEvent) TakeEvents(interrupts.TakeEvents(out var vector), vector);
        if (cpu.WaitsForStartUp) return false;

        if (_nmi && state->NmiBlocked == 0)
        {
            _nmi = false;
            Delivered = true;
            log?.Delivering(cpu, "NMI");
            if (!cpu.DeliverNmi()) return ShutDown(out end);
        }
        else if (interrupts.HasInterrupt && cpu.InterruptsEnabled)
        {
            var number = interrupts.Acknowledge();
            if (number >= 0)
            {
                counters.Interrupts++;
                Delivered = true;
                log?.Delivering(cpu, $"interrupt {number:x2}");
                if (!cpu.DeliverInterrupt((byte)number, InterruptSource.External)) return ShutDown(out end);
            }
        }
        return state->Halted == 0;
    }

    /// <summary>Delivers the pending exception. False: triple fault.</summary>
    public bool DeliverException()
    {
        counters.Exceptions++;
        log?.Delivering(cpu, $"exception {cpu.Pending.Vector:x2} error {cpu.Pending.ErrorCode:x}");
        return cpu.DeliverPending();
    }

    private static bool ShutDown(out SliceEnd end)
    {
        end = SliceEnd.Shutdown;
        return false;
    }

    private void TakeEvents(ProcessorEvents events, byte startUpVector)
    {
        Delivered = true;
        if ((events & ProcessorEvents.Init) != 0)
        {
            cpu.Reset(init: true);
            _nmi = false;
        }
        // The second of the two start-up IPIs that every kernel sends finds a vCPU that runs, and is dropped (SDM 3A 9.4.3).
        if ((events & ProcessorEvents.Sipi) != 0 && cpu.WaitsForStartUp) cpu.StartUp(startUpVector);
        if ((events & ProcessorEvents.Nmi) != 0) _nmi = true;
    }
}
