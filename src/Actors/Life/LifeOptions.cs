namespace Tcg.Mttcg.Actors.Life;

/// <summary>Tunables of the machine actor; keys and units in hocon/mttcg.conf.</summary>
/// <param name="StopTimeout">How long vCPUs may take to stop before they are abandoned.</param>
/// <param name="StuckAfter">How long all vCPUs must have been halted with interrupts off.</param>
/// <param name="RebootOnReset">A reset starts the machine anew; else it ends it.</param>
/// <param name="RebootOnTripleFault">Likewise for a triple fault.</param>
/// <param name="EndOnPanic">A panic of the guest's kernel ends the machine, even if the guest would reset it.</param>
public sealed record LifeOptions(TimeSpan StopTimeout, TimeSpan StuckAfter, bool RebootOnReset, bool RebootOnTripleFault, bool EndOnPanic);
