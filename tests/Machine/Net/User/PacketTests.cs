using Tcg.Mttcg.Machine.Net.Packets;

namespace Tcg.Mttcg.Machine.Tests.Net.User;

public sealed class PacketTests
{
    [Fact]
    public void The_checksum_of_a_known_header_is_right()
    {
        // A header printed in many textbooks; its checksum is b861.
        byte[] header = Convert.FromHexString("450000730000400040110000c0a80001c0a800c7");
        InternetChecksum.Write(InternetChecksum.Add(0, header), header.AsSpan(10));
        Assert.Equal("b861", Convert.ToHexStringLower(header.AsSpan(10, 2)));
        Assert.True(InternetChecksum.IsValid(InternetChecksum.Add(0, header)));
    }

    [Fact]
    public void The_checksum_agrees_with_its_definition_for_every_length()
    {
        var random = new Random(1);
        for (int length = 0; length < 70; length++)
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            uint sum = 0;
            for (int i = 0; i < length; i++) sum += (uint)bytes[i] << (i % 2 == 0 ? 8 : 0);
            while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
            var written = new byte[2];
            InternetChecksum.Write(InternetChecksum.Add(0, bytes), written);
            Assert.Equal((ushort)~sum, StackBench.Word(written));
        }
    }

    [Fact]
    public void A_syn_of_linux_is_understood()
    {
        // MSS 1460, SACK permitted, timestamps, window scale 7, as captured.
        byte[] segment = Convert.FromHexString("d4310050" + "12345678" + "00000000" + "a002faf0" + "00000000" + "020405b4" + "0402080a" + "0000000100000000" + "01030307");
        var ip = new Ipv4Header(StackBench.Guest, StackBench.Gateway, IpProtocol.Tcp, segment.Length, 0, false, 0);
        InternetChecksum.Write(InternetChecksum.Add(InternetChecksum.Pseudo(ip.Source, ip.Destination, 6, segment.Length), segment), segment.AsSpan(16));
        Assert.True(TcpHeader.TryRead(ip, segment, out var header, out var payload));
        Assert.Equal(new TcpHeader(0xd431, 80, 0x12345678, 0, TcpFlags.Syn, 0xfaf0, 1460, 7), header);
        Assert.Equal(0, payload.Length);
    }

    [Theory]
    [InlineData("0200")]
    [InlineData("02ff05b4")]
    [InlineData("0301")]
    [InlineData("00ffffff")]
    public void Options_that_make_no_sense_are_passed_over(string options)
    {
        byte[] segment = Convert.FromHexString("00010002" + "00000000" + "00000000" + "6002ffff" + "00000000" + options.PadRight(8, '0'));
        var ip = new Ipv4Header(StackBench.Guest, StackBench.Gateway, IpProtocol.Tcp, segment.Length, 0, false, 0);
        InternetChecksum.Write(InternetChecksum.Add(InternetChecksum.Pseudo(ip.Source, ip.Destination, 6, segment.Length), segment), segment.AsSpan(16));
        Assert.True(TcpHeader.TryRead(ip, segment, out var header, out _));
        Assert.Equal((0, -1), (header.Mss, header.WindowScale));
    }

    [Theory]
    [InlineData("52:54:00:12:34:56", true)]
    [InlineData("52-54-0-12-34-56", true)]
    [InlineData("52:54:00:12:34", false)]
    [InlineData("52:54:00:12:34:5g", false)]
    [InlineData("52:54:00:12:34:567", false)]
    public void Ethernet_addresses_are_parsed(string text, bool valid) => Assert.Equal(valid, MacAddress.TryParse(text, out var address) && address.Value >> 32 == 0x5254);

    [Theory]
    [InlineData("10.0.2.2", true)]
    [InlineData("10.0.2", false)]
    [InlineData("10.0.2.256", false)]
    [InlineData("10.0.2.-1", false)]
    [InlineData("", false)]
    public void Ipv4_addresses_are_parsed(string text, bool valid) => Assert.Equal(valid, Ipv4Address.TryParse(text, out var address) && address.ToString() == text);
}
