using Tcg.Mttcg.Machine.Registers;
using Tcg.Mttcg.Machine.Wiring;

namespace Tcg.Mttcg.Machine.Tests;

public sealed class RegisterTableTests
{
    private sealed class ListLog : IDeviceLog
    {
        public List<string> Lines { get; } = [];

        public void Unhandled(string device, string message) => Lines.Add($"{device}: {message}");
    }

    private readonly ListLog _log = new();
    private readonly RegisterTable _table;
    private uint _control = 0x100, _high;

    public RegisterTableTests() => _table = new RegisterTable("dev", _log,
        new Register(0, "CONTROL", () => _control, 0x00ff, v => _control = 0x100 | v),
        new Register(4, "HIGH", () => _high, uint.MaxValue, v => _high = v));

    [Fact]
    public void Narrow_and_wide_accesses_reach_the_right_bits()
    {
        _table.Write(0, 8, 0x12345678_00000111);
        Assert.Equal(0x111u, _control);
        Assert.Equal(0x12345678u, _high);
        Assert.Equal(0x34ul, _table.Read(6, 1));
        _table.Write(6, 2, 0xabcd);
        Assert.Equal(0xabcd5678u, _high);
        Assert.Equal(0xabcd5678_00000111ul, _table.Read(0, 8));
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public void Reserved_bits_and_unknown_registers_are_logged_and_dropped()
    {
        _table.Write(0, 4, 0x8001);
        Assert.Equal(0x101u, _control);
        Assert.Equal(0ul, _table.Read(0x40, 4));
        Assert.Equal(["dev: write of 0x8001 to CONTROL touches reserved bits 0x8100", "dev: read of unknown register 0x40"], _log.Lines);
    }
}
