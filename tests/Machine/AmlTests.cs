using Tcg.Mttcg.Machine.Firmware.Acpi;

namespace Tcg.Mttcg.Machine.Tests;

public sealed class AmlTests
{
    private static string Hex(byte[] bytes) => Convert.ToHexString(bytes);

    [Fact]
    public void Integers_take_the_shortest_form()
    {
        Assert.Equal("00", Hex(Aml.Integer(0)));
        Assert.Equal("01", Hex(Aml.Integer(1)));
        Assert.Equal("0A7F", Hex(Aml.Integer(0x7f)));
        Assert.Equal("0B3412", Hex(Aml.Integer(0x1234)));
        Assert.Equal("0C78563412", Hex(Aml.Integer(0x12345678)));
        Assert.Equal("0E0000000001000000", Hex(Aml.Integer(1ul << 32)));
    }

    [Fact]
    public void Plug_and_play_ids_are_compressed()
    {
        Assert.Equal("0C41D00501", Hex(Aml.EisaId("PNP0501")));
        Assert.Equal("0C41D00A03", Hex(Aml.EisaId("PNP0A03")));
    }

    [Fact]
    public void Names_are_padded_and_may_start_at_the_root()
    {
        Assert.Equal("085F53355F00", Hex(Aml.Name("_S5", Aml.Integer(0))));
        Assert.Equal("10065C5F53425F", Hex(Aml.Scope("\\_SB")));
    }

    [Theory]
    [InlineData(50, "5B8237")]
    [InlineData(100, "5B824A06")]
    [InlineData(5000, "5B828F3801")]
    public void Package_lengths_count_themselves_in_one_to_three_bytes(int payload, string start)
    {
        var device = Aml.Device("A", new byte[payload]);
        Assert.StartsWith(start, Hex(device));
        Assert.Equal(payload + 4 + start.Length / 2, device.Length);
    }

    [Fact]
    public void A_resource_template_ends_with_its_tag()
    {
        Assert.Equal("110D0A0A" + "4701F803F8030108" + "7900", Hex(Aml.Resources(Aml.Io(0x3f8, 8))));
    }
}
