namespace Tcg.Mttcg.Machine.Wiring;

/// <summary>Where devices tell what a guest did that they do not model. Must be quick and safe from any thread.</summary>
public interface IDeviceLog
{
    /// <param name="device">Short device name, such as "ioapic".</param>
    /// <param name="message">One line, such as "write of 0x40 to reserved bits of ID".</param>
    void Unhandled(string device, string message);
}

/// <summary>Discards everything.</summary>
public sealed class SilentDeviceLog : IDeviceLog
{
    public static readonly SilentDeviceLog Instance = new();

    public void Unhandled(string device, string message) { }
}
