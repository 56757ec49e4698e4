using Tcg.Mttcg.Machine.Boards;
using Tcg.Mttcg.Machine.Pci;
using Tcg.Mttcg.Machine.Tests.Support;

namespace Tcg.Mttcg.Machine.Tests.Pci;

public class MsiXTests
{
    private const int VectorControl = 12;

    private readonly RecordingMessages _messages = new();
    private readonly MsiX _msiX;
    private readonly PciFunction _function = new(new PciIdentity(1, 2, 3, 4));
    private readonly int _control;

    public MsiXTests()
    {
        _msiX = new MsiX(3, bar: 1) { Messages = _messages };
        _function.Add(_msiX);
        _function.Reset();
        _control = _msiX.Offset + 2;
        for (int vector = 0; vector < 3; vector++)
        {
            _msiX.Write((ulong)vector * 16, 8, 0xfee01000);
            _msiX.Write((ulong)vector * 16 + 8, 4, (uint)(0x40 + vector));
        }
    }

    private void Control(uint value) => _function.Write(_control, 2, value);

    private void Mask(int vector, bool mask) => _msiX.Write((ulong)vector * 16 + VectorControl, 4, mask ? 1u : 0);

    [Fact]
    public void The_capability_tells_where_table_and_pending_bits_are()
    {
        Assert.Equal(0x11u, _function.Read(_msiX.Offset, 1));
        Assert.Equal(2u, _function.Read(_control, 2));
        Assert.Equal(1u, _function.Read(_msiX.Offset + 4, 4));
        Assert.Equal(0x801u, _function.Read(_msiX.Offset + 8, 4));
    }

    [Fact]
    public void A_raised_vector_sends_its_own_message()
    {
        Control(0x8000);
        Mask(2, false);
        _msiX.Raise(2);
        Assert.Equal([(0xfee01000ul, 0x42u)], _messages.Sent);
    }

    [Fact]
    public void A_masked_vector_is_pending_until_its_mask_is_lifted_and_is_sent_once()
    {
        Control(0x8000);
        _msiX.Raise(1);
        _msiX.Raise(1);
        Assert.Empty(_messages.Sent);
        Assert.Equal(2ul, _msiX.Read(MsiX.PendingOffset, 8));
        Mask(1, false);
        Assert.Equal([(0xfee01000ul, 0x41u)], _messages.Sent);
        Assert.Equal(0ul, _msiX.Read(MsiX.PendingOffset, 8));
    }

    [Fact]
    public void The_functions_mask_holds_all_vectors_back()
    {
        Mask(0, false);
        Control(0xc000);
        _msiX.Raise(0);
        Assert.Empty(_messages.Sent);
        Control(0x8000);
        Assert.Single(_messages.Sent);
    }

    [Fact]
    public void Nothing_is_sent_while_disabled_or_for_vectors_that_do_not_exist()
    {
        Mask(0, false);
        _msiX.Raise(0);
        Control(0x8000);
        _msiX.Raise(3);
        Assert.Empty(_messages.Sent);
    }

    [Fact]
    public void Reset_masks_every_vector()
    {
        Mask(0, false);
        Control(0x8000);
        _function.Reset();
        Assert.Equal(1ul, _msiX.Read(VectorControl, 4));
        Assert.False(_msiX.IsEnabled);
    }

    [Fact]
    public void Any_access_to_the_page_is_survived()
    {
        var random = new Random(4);
        for (int i = 0; i < 50_000; i++)
        {
            int size = 1 << random.Next(4);
            ulong at = (ulong)(random.Next(MsiX.RegionBytes / size) * size);
            if (random.Next(2) == 0) _msiX.Read(at, size);
            else _msiX.Write(at, size, (ulong)random.NextInt64());
        }
    }
}

internal sealed class RecordingMessages : IMessageBus
{
    public List<(ulong Address, uint Data)> Sent { get; } = [];

    public void Send(ulong address, uint data) => Sent.Add((address, data));
}
