using System.CommandLine;
using Tcg.Mttcg.Cli.Help;
using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Cli.Commands;

/// <summary>QEMU's flags, declared once; <see cref="Read"/> turns what was parsed into checked settings.</summary>
/// <param name="cpus">Default of -smp.</param>
internal sealed class RunOptions(string cpus = "1")
{
    private readonly Option<string> _model = new("-M", "-machine") { Description = "Board: pc or microvm", HelpName = "MODEL", DefaultValueFactory = _ => "pc" };
    private readonly Option<string> _smp = new("-smp") { Description = "Virtual CPUs, 1 to 256: N, or cpus=N,sockets=S,cores=C,threads=T,maxcpus=M", HelpName = "N", DefaultValueFactory = _ => cpus };
    private readonly Option<string> _memory = new("-m") { Description = "Guest memory, 1M to 64G; a bare number counts MiB", HelpName = "SIZE", DefaultValueFactory = _ => "128M" };
    private readonly Option<string> _cpu = new("-cpu") { Description = "CPU model and features: default, max, x86-64-v1 to -v3, then ,+feature or ,-feature; 'help' lists them", HelpName = "MODEL" };
    private readonly Option<string?> _kernel = new("-kernel") { Description = "Linux bzImage, multiboot 1, ELF (PVH) or flat image", HelpName = "FILE" };
    private readonly Option<string?> _initrd = new("-initrd") { Description = "Initial ramdisk, or multiboot modules: 'FILE TEXT,FILE TEXT'", HelpName = "FILE" };
    private readonly Option<string> _append = new("-append") { Description = "Kernel command line", HelpName = "TEXT", DefaultValueFactory = _ => "" };
    private readonly Option<bool> _nographic = new("-nographic") { Description = "Accepted: there never is a window" };
    private readonly Option<string?> _display = new("-display") { Description = "Accepted with 'none'", HelpName = "none" };
    private readonly Option<string?> _monitor = new("-monitor") { Description = "Accepted with 'none': Ctrl-A c on the terminal is the monitor", HelpName = "none" };
    private readonly Option<string[]> _serial = new("-serial") { Description = "Serial port: stdio, null, file:PATH, unix:PATH,server=on,wait=off, tcp:HOST:PORT or chardev:ID; up to four, the first is stdio otherwise", HelpName = "WHERE", DefaultValueFactory = _ => [] };
    private readonly Option<string[]> _chardev = new("-chardev") { Description = "For -serial chardev:ID and virtconsole: stdio, null, file or socket, with id=ID and path=PATH or host=HOST,port=PORT", HelpName = "KIND,...", DefaultValueFactory = _ => [] };
    private readonly Option<string?> _debugcon = new("-debugcon") { Description = "Debug console at port 0xe9: as -serial", HelpName = "WHERE" };
    private readonly Option<string[]> _device = new("-device") { Description = "Device, with properties as in isa-debug-exit,iobase=0xf4; 'help' lists them; may be repeated", HelpName = "DEVICE", DefaultValueFactory = _ => [] };
    private readonly Option<string[]> _drive = new("-drive") { Description = "Disk: file=PATH with any of format=raw|qcow2, if=virtio|none, id=ID, readonly=on, snapshot=on; may be repeated", HelpName = "file=PATH,...", DefaultValueFactory = _ => [] };
    private readonly Option<string[]> _netdev = new("-netdev") { Description = "Network for a card's netdev=ID: user,id=ID with any of hostfwd=tcp:[ADDR]:PORT-[ADDR]:PORT, net=, host=, dns=, dhcpstart=, hostname=, restrict=on; or socket,id=ID with listen=:PORT, connect=HOST:PORT or udp=HOST:PORT,localaddr=ADDR:PORT", HelpName = "KIND,id=ID,...", DefaultValueFactory = _ => [] };
    private readonly Option<string[]> _nic = new("-nic") { Description = "A card and its network in one: as -netdev without id, with mac=ADDR; or none", HelpName = "KIND,...", DefaultValueFactory = _ => [] };
    private readonly Option<string?> _net = new("-net") { Description = "Accepted with 'none': there is no card unless asked for", HelpName = "none" };
    private readonly Option<bool> _noReboot = new("-no-reboot") { Description = "End instead of restarting when the guest resets" };
    private readonly Option<string[]> _action = new("-action") { Description = "panic=shutdown|none: what a panic of the guest's kernel does; reboot=reset|shutdown: what its reset does", HelpName = "EVENT=DO", DefaultValueFactory = _ => [] };
    private readonly Option<string> _accel = new("-accel") { Description = "tcg, with any of backend=jit|interp, thread=multi|single, tb-size=MIB, one-insn-per-tb=on|off", HelpName = "tcg,...", DefaultValueFactory = _ => "tcg" };
    private readonly TunableOptions _tunables = new();
    private readonly Option<string?> _items = new("-d") { Description = "Log any of in_asm, op, op_opt, out_asm, int, exec, cpu (comma-separated)", HelpName = "ITEMS" };
    private readonly Option<string?> _logFile = new("-D") { Description = "Write the log to a file instead of standard error", HelpName = "FILE" };
    private readonly Option<bool> _perfMap = new("-perfmap") { Description = "Write /tmp/perf-PID.map for perf" };
    private readonly Option<bool> _stats = new("--stats") { Description = "Print what the machine did when it ends" };

    public IReadOnlyList<Option> All =>
        [_model, _smp, _memory, _cpu, _kernel, _initrd, _append, _nographic, _display, _monitor, _serial, _chardev, _debugcon, _drive, _device, _netdev, _nic, _net, _noReboot, _action, _accel, .. _tunables.All, _items, _logFile, _perfMap, _stats];

    /// <summary>The same under headings, for help.</summary>
    public IReadOnlyList<OptionGroup> Groups =>
    [
        new("Machine", [_model, _smp, _memory, _cpu, _drive, _device, _noReboot, _action]),
        new("Boot", [_kernel, _initrd, _append]),
        new("Console", [_serial, _chardev, _debugcon, _nographic, _display, _monitor]),
        new("Network", [_netdev, _nic, _net]),
        new("Translation", [_accel, .. _tunables.All, _stats, _items, _logFile, _perfMap]),
    ];

    /// <summary>For commands that bring their own guest.</summary>
    public IReadOnlyList<Option> WithoutImage => [_smp, _memory, _cpu, _accel, .. _tunables.All, _items, _logFile];

    /// <summary>A value that asks for a list instead of a machine, as in <c>-cpu help</c>.</summary>
    public Action<TextWriter>? Listing(ParseResult parsed)
    {
        if (parsed.GetValue(_cpu) is "help" or "?") return CpuHelp.Write;
        if (_tunables.WantsHelp(parsed)) return TunableOptions.WriteProfiles;
        return parsed.GetValue(_device) is { } devices && devices.Contains("help") ? DeviceHelp.Write : null;
    }

    /// <exception cref="UsageException"/>
    public RunSettings Read(ParseResult parsed, string? kernel = null)
    {
        foreach (var (option, value) in new[] { ("-display", parsed.GetValue(_display)), ("-monitor", parsed.GetValue(_monitor)) })
        {
            if (value is not (null or "none")) throw new UsageException($"{option} {value}: only 'none' is known");
        }
        var devices = SerialTarget.ParseDevices(parsed.GetValue(_chardev) ?? []);
        var actions = ActionSettings.Parse(parsed.GetValue(_action) ?? []);
        var virtio = VirtioSettings.Parse(parsed.GetValue(_device) ?? [], DriveSettings.Parse(parsed.GetValue(_drive) ?? []), devices, out var others);
        var network = NetworkSettings.Parse(parsed.GetValue(_netdev) ?? [], parsed.GetValue(_nic) ?? [], parsed.GetValue(_net), [.. virtio.OfType<VirtioCard>()]);
        return new RunSettings
        {
            Model = RunSettings.ParseModel(parsed.GetValue(_model) ?? "pc"),
            Topology = SmpOption.Parse(parsed.GetValue(_smp)!),
            Cpu = ParseCpu(parsed.GetValue(_cpu)),
            Memory = RunSettings.ParseMemory(parsed.GetValue(_memory)!),
            Kernel = kernel ?? (parsed.GetValue(_kernel) is { Length: > 0 } file ? file : null) ?? throw new UsageException("-kernel FILE is needed: there is no firmware or disk to boot from"),
            Initrd = parsed.GetValue(_initrd),
            Append = parsed.GetValue(_append) ?? "",
            Serial = ReadSerial(parsed.GetValue(_serial) ?? [], devices),
            DebugConsole = parsed.GetValue(_debugcon) is { } debugcon ? SerialTarget.Parse("-debugcon", debugcon, devices) : null,
            Devices = DeviceSettings.Parse(others),
            Netdevs = network.Netdevs,
            Virtio = [.. virtio, .. network.Cards],
            Accel = AccelSettings.Parse(parsed.GetValue(_accel) ?? "tcg"),
            EndOnReset = parsed.GetValue(_noReboot) ? true : actions.EndOnReset,
            EndOnPanic = actions.EndOnPanic,
            Tunables = _tunables.Read(parsed),
            PerfMap = parsed.GetValue(_perfMap),
            Stats = parsed.GetValue(_stats),
            LogItems = LogItem.Parse(parsed.GetValue(_items)),
            LogFile = parsed.GetValue(_logFile),
        };
    }

    private static SerialTarget[] ReadSerial(string[] texts, IReadOnlyDictionary<string, SerialTarget> devices)
    {
        if (texts.Length == 0) texts = ["stdio"];
        if (texts.Length > 4) throw new UsageException("-serial: a PC has four ports at most");
        return [.. texts.Select(text => SerialTarget.Parse("-serial", text, devices))];
    }

    private static string? ParseCpu(string? text)
    {
        try
        {
            if (text is not null) CpuSelection.Parse(text);
            return text;
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"-cpu {text}: {e.Message}");
        }
    }
}
