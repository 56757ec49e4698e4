namespace Tcg.Mttcg.Actors.Vcpu;

/// <summary>Tunables of vCPU actors; keys and units in hocon/mttcg.conf.</summary>
/// <param name="ReplySpins">Looks for a reply before the thread sleeps.</param>
/// <param name="PauseYieldAfter">With more vCPUs than cores: PAUSE instructions in a row before each further one gives the core away.</param>
/// <param name="PauseYieldAfterWithCores">Likewise with a core for each vCPU; the cores may have other work.</param>
/// <param name="PauseSleepAfter">With more vCPUs than cores: PAUSE instructions with the very same registers before each further one sleeps.</param>
/// <param name="PauseSleepMicroseconds">How long such a sleep is.</param>
/// <param name="Turn">When vCPUs take turns: how long one may keep others waiting.</param>
/// <param name="MwaitRest">The longest rest in MWAIT, in whole milliseconds.</param>
public sealed record VcpuOptions(
    int ReplySpins = 64, int PauseYieldAfter = 4, int PauseYieldAfterWithCores = 64, int PauseSleepAfter = 32, int PauseSleepMicroseconds = 50,
    TimeSpan Turn = default, TimeSpan MwaitRest = default);
