using System.Runtime.CompilerServices;
using Tcg.Mttcg.Memory.Contracts;
using Tcg.Mttcg.Memory.Pages;

namespace Tcg.Mttcg.Memory.Physical;

/// <summary>
/// Guest-physical memory for everything that is not guest code: DMA of devices, loaders, the page walker. Reads see RAM and ROM, writes RAM
/// only; an access that leaves them is refused with false and no byte changes. Writes keep dirty bitmaps, page versions and translated code
/// true. Safe from any thread.
/// </summary>
public sealed unsafe class PhysicalMemory
{
    private readonly StoreTracking? _tracking;
    private readonly ICodeInvalidation? _invalidation;

    public PhysicalMap Map { get; }

    /// <param name="tracking">Null while no guest runs: then writes are plain.</param>
    /// <param name="invalidation">Told after bytes of code were overwritten, before the write returns.</param>
    public PhysicalMemory(PhysicalMap map, StoreTracking? tracking = null, ICodeInvalidation? invalidation = null)
    {
        Map = map;
        _tracking = tracking;
        _invalidation = invalidation;
    }

    public bool TryRead(GuestPhysical address, Span<byte> destination)
    {
        if (!IsBacked(address, (ulong)destination.Length, PhysicalKind.Rom))
            return false;
        while (!destination.IsEmpty)
        {
            ref readonly var section = ref Map.Find(address);
            if (!section.IsBacked)
                return false;
            var count = (int)Math.Min(section.BytesFrom(address), (ulong)destination.Length);
            new ReadOnlySpan<byte>(section.HostOf(address).Bytes, count).CopyTo(destination);
            destination = destination[count..];
            address = new(address.Value + (ulong)count);
        }
        return true;
    }

    public bool TryWrite(GuestPhysical address, ReadOnlySpan<byte> source)
    {
        if (!IsBacked(address, (ulong)source.Length, PhysicalKind.Ram))
            return false;
        while (!source.IsEmpty)
        {
            ref readonly var section = ref Map.Find(address);
            if (section.Kind != PhysicalKind.Ram)
                return false;
            var count = Math.Min(PageSize.Bytes - (int)address.PageOffset, source.Length);
            var ticket = Begin(section.RamOffsetOf(address), count);
            source[..count].CopyTo(new Span<byte>(section.HostOf(address).Bytes, count));
            End(ticket, section.RamOffsetOf(address), count);
            source = source[count..];
            address = new(address.Value + (ulong)count);
        }
        return true;
    }

    /// <summary>A value; one indivisible access where it has 1, 2, 4 or 8 bytes and is aligned.</summary>
    public bool TryRead<T>(GuestPhysical address, out T value)
        where T : unmanaged
    {
        if (IsSingle<T>(address) && Map.Find(address) is { IsBacked: true } section)
        {
            value = ReadOnce<T>(section.HostOf(address).Bytes);
            return true;
        }
        value = default;
        fixed (T* bytes = &value)
            return TryRead(address, new Span<byte>(bytes, sizeof(T)));
    }

    /// <inheritdoc cref="TryRead{T}"/>
    public bool TryWrite<T>(GuestPhysical address, T value)
        where T : unmanaged
    {
        if (IsSingle<T>(address) && Map.Find(address) is { Kind: PhysicalKind.Ram } section)
        {
            var ticket = Begin(section.RamOffsetOf(address), sizeof(T));
            WriteOnce(section.HostOf(address).Bytes, value);
            End(ticket, section.RamOffsetOf(address), sizeof(T));
            return true;
        }
        return TryWrite(address, new ReadOnlySpan<byte>(&value, sizeof(T)));
    }

    /// <summary>
    /// Replaces an aligned value of 1, 2, 4 or 8 bytes if it is still the expected one. Memory that is not RAM counts as replaced: the write
    /// goes nowhere.
    /// </summary>
    /// <exception cref="ArgumentException">The address is not aligned: the guest cannot cause that, its tables are.</exception>
    public bool CompareExchange<T>(GuestPhysical address, T expected, T wanted)
        where T : unmanaged
    {
        if (!IsSingle<T>(address))
            throw new ArgumentException($"{address} is not aligned for {sizeof(T)} bytes.", nameof(address));
        if (Map.Find(address) is not { Kind: PhysicalKind.Ram } section)
            return true;
        ref var target = ref Unsafe.AsRef<T>(section.HostOf(address).Bytes);
        var ticket = Begin(section.RamOffsetOf(address), sizeof(T));
        var done = EqualityComparer<T>.Default.Equals(Interlocked.CompareExchange(ref target, wanted, expected), expected);
        End(ticket, section.RamOffsetOf(address), sizeof(T));
        return done;
    }

    /// <summary>Fills RAM and ROM before the guest runs: a loader's write.</summary>
    public bool TryLoad(GuestPhysical address, ReadOnlySpan<byte> source)
    {
        if (!IsBacked(address, (ulong)source.Length, PhysicalKind.Rom))
            return false;
        while (!source.IsEmpty)
        {
            ref readonly var section = ref Map.Find(address);
            if (!section.IsBacked)
                return false;
            var count = (int)Math.Min(section.BytesFrom(address), (ulong)source.Length);
            source[..count].CopyTo(new Span<byte>(section.HostOf(address).Bytes, count));
            source = source[count..];
            address = new(address.Value + (ulong)count);
        }
        return true;
    }

    /// <summary>Whether a whole range is RAM, or with <see cref="PhysicalKind.Rom"/> RAM or ROM.</summary>
    public bool IsBacked(GuestPhysical address, ulong length, PhysicalKind kind = PhysicalKind.Ram)
    {
        var end = address.Value + length;
        if (end < address.Value)
            return false;
        while (address.Value < end)
        {
            ref readonly var section = ref Map.Find(address);
            if (section.Kind != PhysicalKind.Ram && !(kind == PhysicalKind.Rom && section.Kind == PhysicalKind.Rom))
                return false;
            address = new(section.Start.Value + section.Length);
        }
        return true;
    }

    private StoreTicket Begin(RamOffset offset, int length) =>
        _tracking?.Begin(offset.Page, (int)(offset.Value % PageSize.Bytes), length) ?? default;

    private void End(in StoreTicket ticket, RamOffset offset, int length)
    {
        if (_tracking is null)
            return;
        _tracking.CompleteDma(ticket);
        if (ticket.HitsCode)
            _invalidation?.Invalidate(offset, length);
    }

    /// <summary>Whether one host access does it. It then lies in one page, and RAM begins and ends at pages.</summary>
    private static bool IsSingle<T>(GuestPhysical address)
        where T : unmanaged => sizeof(T) is 1 or 2 or 4 or 8 && (address.Value & (ulong)(sizeof(T) - 1)) == 0;

    // The type tests are constants in each instantiation.
    private static T ReadOnce<T>(byte* host)
        where T : unmanaged
    {
        if (sizeof(T) == 8)
            return BitCast<ulong, T>(Volatile.Read(ref *(ulong*)host));
        if (sizeof(T) == 4)
            return BitCast<uint, T>(Volatile.Read(ref *(uint*)host));
        if (sizeof(T) == 2)
            return BitCast<ushort, T>(Volatile.Read(ref *(ushort*)host));
        return *(T*)host;
    }

    private static void WriteOnce<T>(byte* host, T value)
        where T : unmanaged
    {
        if (sizeof(T) == 8)
            Volatile.Write(ref *(ulong*)host, BitCast<T, ulong>(value));
        else if (sizeof(T) == 4)
            Volatile.Write(ref *(uint*)host, BitCast<T, uint>(value));
        else if (sizeof(T) == 2)
            Volatile.Write(ref *(ushort*)host, BitCast<T, ushort>(value));
        else
            *(T*)host = value;
    }

    private static TTo BitCast<TFrom, TTo>(TFrom value)
        where TFrom : unmanaged
        where TTo : unmanaged => *(TTo*)&value;
}
