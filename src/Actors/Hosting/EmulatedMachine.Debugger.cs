using System.Threading.Channels;
using Akka.Actor;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Hosting;

// What a debugger needs. Addresses are linear and hold in every address space. Only the blocks of translated code over a breakpoint are given up.
public sealed partial class EmulatedMachine
{
    /// <summary>
    /// A vCPU has met a breakpoint or a watchpoint, and all stand still as after <see cref="PauseAsync"/>. Several that stop together are told one after the
    /// other and held once: one <see cref="Resume"/> lets them go on, each past the breakpoint at which it was told to stand. Ends with the machine.
    /// </summary>
    public ChannelReader<DebugStop> DebugStops => _crew.Stops.Reader;

    /// <summary>When this has ended, no vCPU runs the instruction at the address without stopping before it.</summary>
    public Task InsertBreakpointAsync(GuestVirtual address) => Ask(new SetBreakpoint(address, IsSet: true));

    public Task RemoveBreakpointAsync(GuestVirtual address) => Ask(new SetBreakpoint(address, IsSet: false));

    /// <summary>
    /// When this has ended, every instruction that accesses one of the bytes stops its vCPU behind it. Not watched: devices, page walks, and the frames and
    /// tables that processors use on their own.
    /// </summary>
    /// <param name="length">In bytes, from 1 on.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bytes are no range of addresses.</exception>
    public Task InsertWatchpointAsync(GuestVirtual start, int length, WatchKind kind) => Ask(new SetWatchpoint(Checked(start, length, kind), IsSet: true));

    public Task RemoveWatchpointAsync(GuestVirtual start, int length, WatchKind kind) => Ask(new SetWatchpoint(Checked(start, length, kind), IsSet: false));

    /// <summary>
    /// Lets one vCPU run one instruction, over any breakpoint at it and before any interrupt, while all others stand still. One that halts does nothing. Hold the
    /// machine first (a stop does, <see cref="PauseAsync"/> does), or all go on at once.
    /// </summary>
    public async Task<DebugStop> StepAsync(int cpu)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(cpu);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(cpu, _body.Vcpus.Count);
        return (await OrEnded(_machine.Ask<StepMachineReply>(new StepMachine(cpu))).ConfigureAwait(false)).Stop;
    }

    private Task Ask(IMemoryRequest request) => OrEnded(_machine.Ask<DebugPointsReply>(request));

    private static Watchpoint Checked(GuestVirtual start, int length, WatchKind kind)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length - 1, ulong.MaxValue - start.Value, nameof(length));
        if (kind is 0 or > WatchKind.Access) throw new ArgumentOutOfRangeException(nameof(kind), kind, "Reads, writes or both.");
        return new Watchpoint(start, length, kind);
    }
}
