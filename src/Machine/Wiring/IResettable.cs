namespace Tcg.Mttcg.Machine.Wiring;

/// <summary>A device with a RESET pin.</summary>
public interface IResettable
{
    /// <summary>Back to the state after power-on. Called inside the device's gate while no vCPU runs.</summary>
    void Reset();
}
