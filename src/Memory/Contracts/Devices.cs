namespace Tcg.Mttcg.Memory.Contracts;

/// <summary>
/// A device's memory-mapped registers. Called synchronously by the vCPU that made the access, under the device's gate: an implementation is
/// plain single-threaded code and needs no lock.
/// </summary>
public interface IMmioDevice
{
    /// <param name="offset">Byte offset from the start of the mapped region.</param>
    /// <param name="size">1, 2, 4 or 8 bytes; never crosses the region's end.</param>
    ulong Read(ulong offset, int size);

    /// <inheritdoc cref="Read"/>
    void Write(ulong offset, int size, ulong value);
}

/// <summary>A device's ports. Same calling rules as <see cref="IMmioDevice"/>.</summary>
public interface IPortDevice
{
    /// <param name="offset">Offset from the first port of the mapped range.</param>
    /// <param name="size">1, 2 or 4 bytes.</param>
    uint Read(ushort offset, int size);

    /// <inheritdoc cref="Read"/>
    void Write(ushort offset, int size, uint value);
}

/// <summary>An interrupt wire. Level semantics: an edge is Set(true) followed by Set(false).</summary>
public interface IInterruptLine
{
    void Set(bool level);
}

/// <summary>Guest time: nanoseconds since the machine started, monotonic.</summary>
public interface IClock
{
    long Nanoseconds { get; }

    /// <summary>A one-shot timer, disarmed. <paramref name="expired"/> runs on the clock's thread; it must be short and must not throw.</summary>
    IClockTimer CreateTimer(Action expired);
}

public interface IClockTimer : IDisposable
{
    /// <summary>Fires once when <see cref="IClock.Nanoseconds"/> reaches <paramref name="deadline"/>; replaces an earlier deadline.</summary>
    void Arm(long deadline);

    void Cancel();
}

/// <summary>Why a machine stops, as its devices ask for it.</summary>
public interface IMachineControl
{
    /// <summary>ACPI S5 or an equivalent: the guest switched itself off.</summary>
    void PowerOff();

    /// <summary>Keyboard-controller, ACPI reset register, port 0xcf9 or triple fault.</summary>
    void Reset();

    /// <summary>isa-debug-exit: the process exit code is <c>(value &lt;&lt; 1) | 1</c>.</summary>
    void DebugExit(uint value);

    /// <summary>The guest's kernel has given up.</summary>
    /// <param name="isCertain">False: it looks so from what it printed; whoever decides should look at the processors too.</param>
    void Panic(bool isCertain);
}
