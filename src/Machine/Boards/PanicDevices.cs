using Tcg.Mttcg.Machine.Chipset;
using Tcg.Mttcg.Machine.Firmware;
using Tcg.Mttcg.Machine.Serial;
using Tcg.Mttcg.Machine.Wiring;

namespace Tcg.Mttcg.Machine.Boards;

/// <summary>What a guest's kernel said when it gave up.</summary>
/// <param name="Line">Its own words, or that it used pvpanic.</param>
/// <param name="Console">The last lines of the console where it said so, oldest first.</param>
public sealed record GuestPanic(string Line, IReadOnlyList<string> Console);

/// <summary>Everything by which a board learns that the guest's kernel panicked.</summary>
internal sealed class PanicDevices
{
    private readonly List<ConsoleWatch> _consoles = [];
    private readonly PvPanic? _device;

    public PanicDevices(BoardOptions options, DeviceMap map)
    {
        if (!options.PvPanic) return;
        var gate = new Gate();
        _device = new PvPanic(gate.Guard(options.Clock), () => options.Control.Panic(isCertain: true));
        map.Add(new PortRange("pvpanic", Platform.PvPanicPort, 1, _device, gate));
        map.Add(gate, _device);
    }

    /// <summary>Null: there is none, or none that counts.</summary>
    public GuestPanic? Panic
    {
        get
        {
            foreach (var console in _consoles)
            {
                if (console.Panic is { } line) return new(line, console.Lines);
            }
            return _device is { HasPanicked: true } ? new("reported by pvpanic", _consoles.FirstOrDefault()?.Lines ?? []) : null;
        }
    }

    /// <summary>What a serial port sends is read along.</summary>
    public ConsoleWatch Watch(BoardOptions options, Gate gate, DeviceMap map)
    {
        var console = new ConsoleWatch(gate.Guard(options.Clock), () => options.Control.Panic(isCertain: false));
        _consoles.Add(console);
        map.Add(gate, console);
        return console;
    }
}
