using Akka.Actor;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Actors.Settings;
using Tcg.Mttcg.Machine.Boards;
using Tcg.Mttcg.Memory.Physical;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Hosting;

/// <summary>
/// A whole machine: board, RAM, vCPUs and the actors that run them. Built stopped; <see cref="Start"/> lets it run; <see cref="Completion"/> says
/// how it ended. Any number of machines may live in one process: they share nothing mutable. All members may be called from any thread.
/// </summary>
public sealed partial class EmulatedMachine : IAsyncDisposable, IDisposable
{
    private readonly CancellationTokenSource _teardown = new();
    private readonly TaskCompletionSource<MachineResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MachineOptions _options;
    private readonly MachineBody _body;
    private readonly Crew _crew;
    private readonly ActorSystem _system;
    private readonly IActorRef _machine;
    private readonly MachineMeter _meter;
    private int _disposed;

    /// <exception cref="ArgumentException">Options that no machine can have; the message says which.</exception>
    /// <exception cref="Machine.Boot.BootImageException">The image cannot be booted.</exception>
    /// <exception cref="Memory.Host.HostMemoryException">The host cannot give the memory.</exception>
    public EmulatedMachine(MachineOptions options)
    {
        _options = options;
        var settings = options.Settings ?? new MttcgSettings();
        _body = new MachineBody(options, settings, _teardown.Token);
        try
        {
            _system = ActorSystem.Create("mttcg", settings.Config);
            _crew = new Crew(_body, _system, _teardown);
            IMachineCrew crew = _crew;
            var life = options.RebootOnReset is { } reboots ? settings.Life with { RebootOnReset = reboots } : settings.Life;
            life = options.EndOnPanic is { } ends ? life with { EndOnPanic = ends } : life;
            var result = _result;
            _machine = _system.ActorOf(Props.Create(() => new MachineActor(crew, life, result)), "machine");
            _body.Control.Connect(_machine);
        }
        catch
        {
            _system?.Terminate().Wait();
            _body.Dispose();
            throw;
        }
        _meter = new MachineMeter(() => Counters);
        Completion = Complete();
    }

    /// <summary>Ends when every vCPU has stopped; never faults.</summary>
    public Task<MachineResult> Completion { get; }

    public Board Board => _body.Board;

    /// <summary>RAM as the guest addresses it, for screens and inspection.</summary>
    public BoardMemory BoardMemory => _body.BoardMemory;

    /// <summary>Guest-physical memory that keeps translated code true when it is written.</summary>
    public PhysicalMemory Memory => _body.Memory;

    /// <summary>How the image was recognised.</summary>
    public string BootDescription => _body.Boot.Description;

    public MachineCounters Counters => new([.. _body.Vcpus.Select(vcpu => vcpu.Counters)], _crew.MemoryCounters, _crew.RegionCounters, _crew.Counters);

    /// <summary>Null with the interpreter.</summary>
    public CodeBuffer? CodeBuffer => _body.Code.Cache.Buffer;

    /// <summary>The processors. Look at them in <see cref="RunAloneAsync"/>, while paused, or after the end.</summary>
    public IReadOnlyList<Cpu> Cpus => [.. _body.Vcpus.Select(vcpu => vcpu.Cpu)];

    /// <summary>Registers and recent TBs of all vCPUs, as text. When <see cref="Cpus"/> may be looked at.</summary>
    public string Describe() => _crew.Describe();

    public void Start() => _machine.Tell(new StartMachine(), ActorRefs.NoSender);

    /// <summary>Asks for the end, as pulling the plug does. Idempotent.</summary>
    public Task<MachineResult> StopAsync()
    {
        _machine.Tell(new StopMachine(), ActorRefs.NoSender);
        return Completion;
    }

    /// <summary>As the reset button.</summary>
    public void Reset() => _machine.Tell(new Reset(), ActorRefs.NoSender);

    /// <summary>Runs <paramref name="work"/> while every vCPU stands still outside translated code.</summary>
    /// <exception cref="Exception">What the work threw, or that the machine has ended.</exception>
    public async Task RunAloneAsync(Action work)
    {
        var reply = await OrEnded(_machine.Ask<RunAloneReply>(new RunAlone(work))).ConfigureAwait(false);
        if (reply.Failure is { } failure) throw failure;
    }

    /// <summary>Holds all vCPUs until <see cref="Resume"/>; holds add up.</summary>
    public Task PauseAsync() => OrEnded(_machine.Ask<PauseMachineReply>(new PauseMachine()));

    public void Resume() => _machine.Tell(new ResumeMachine(), ActorRefs.NoSender);

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Stops the machine if it runs, ends all its threads and gives back all its memory.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        var ending = await StopAsync().ConfigureAwait(false);
        _meter.Dispose();
        await _system.Terminate().ConfigureAwait(false);
        _system.Dispose();
        // A thread that did not end may still use its memory: then it is better lost than unmapped.
        if (ending.IsClean) _body.Dispose();
        else _body.Board.Dispose();
        _options.Boot.Kernel.Dispose();
        foreach (var module in _options.Boot.Modules) module.Source.Dispose();
        _teardown.Dispose();
    }

    private async Task<MachineResult> Complete()
    {
        var ending = await _result.Task.ConfigureAwait(false);
        foreach (var link in _options.Serial) link.CompleteOutput();
        _options.DebugConsole?.CompleteOutput();
        _crew.Stops.Writer.TryComplete();
        return ending;
    }

    private async Task<T> OrEnded<T>(Task<T> answer)
    {
        await Task.WhenAny(answer, Completion).ConfigureAwait(false);
        return answer.IsCompleted ? await answer.ConfigureAwait(false) : throw new InvalidOperationException("the machine has ended");
    }
}
