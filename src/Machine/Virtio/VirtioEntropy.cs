using System.Security.Cryptography;

namespace Tcg.Mttcg.Machine.Virtio;

/// <summary>A source of random bytes (virtio 1.2 5.4): the host's.</summary>
public sealed class VirtioEntropy : VirtioDevice
{
    /// <summary>A driver that gives more room gets this many bytes of it.</summary>
    public const int MostBytes = 256;

    private DescriptorChain? _chain;

    public override VirtioType Type => VirtioType.Entropy;

    public override string Name => "virtio-rng";

    public override ulong Features => 0;

    public override IReadOnlyList<ushort> QueueSizes => [8];

    public override ReadOnlySpan<byte> Configuration => [];

    public override void Notify(int queue) => Drain(queue, _chain ??= Transport.NewChain(), Fill);

    public override void Reset() { }

    private static bool Fill(DescriptorChain chain)
    {
        Span<byte> bytes = stackalloc byte[MostBytes];
        bytes = bytes[..(int)Math.Min(chain.WritableBytes, MostBytes)];
        RandomNumberGenerator.Fill(bytes);
        return chain.Write(bytes);
    }
}
