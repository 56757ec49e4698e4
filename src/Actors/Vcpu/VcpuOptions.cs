namespace Tcg.Mttcg.Actors.Vcpu;

/// <summary>Tunables of vCPU actors; keys and units in hocon/mttcg.conf.</summary>
/// <param name="ReplySpins">Looks for a reply before the thread sleeps.</param>
/// <param name="PauseYieldAfter">Consecutive PAUSE instructions before each further one gives the core away; 0 with no more vCPUs than cores: never.</param>
/// <param name="PauseSleepAfter">Consecutive PAUSE instructions before each further one sleeps.</param>
/// <param name="PauseSleep">How long such a sleep is; a kick ends it.</param>
public sealed record VcpuOptions(int ReplySpins = 64, int PauseYieldAfter = 4, int PauseSleepAfter = 4096, TimeSpan PauseSleep = default);
