using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Host;
using Tcg.Mttcg.Memory.Pages;
using Tcg.Mttcg.Memory.Physical;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Guest;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>
/// Guest code as the lifter may read it: each page is protected, then its version noted, and only then is it copied; the copy is handed out, so that
/// whoever reads twice reads the same. Code outside RAM is read through the devices, an instruction's worth at a time.
/// </summary>
internal sealed unsafe class CodeFetch(Cpu cpu, ICodeCoherence coherence) : ICodeFetch
{
    private const int LongestInstruction = 15;

    private readonly byte[] _firstBytes = new byte[PageSize.Bytes];
    private readonly byte[] _secondBytes = new byte[PageSize.Bytes];
    private GuestVirtual _pc;
    private CodePage _first;
    private CodePage _second;
    private int _firstLength;
    private bool _hasSecond;
    private ulong _firstVersion;
    private ulong _secondVersion;

    public bool IsRam => _first.IsRam;
    public RamOffset PhysicalPc => _first.Offset;
    public GuestVirtual SecondPage => new(_pc.PageBase + PageSize.Bytes);
    public RamPage SecondRamPage => _hasSecond ? _second.Offset.Page : RamPage.None;
    public PageVersions Versions => new(_firstVersion, _secondVersion);

    public ReadOnlySpan<byte> FirstPage => _firstBytes.AsSpan(0, _firstLength);

    /// <summary>A copy of the first bytes that were lifted.</summary>
    public byte[] Bytes(int count)
    {
        var first = FirstPage;
        return count <= first.Length ? first[..count].ToArray() : [.. first, .. _secondBytes.AsSpan(0, count - first.Length)];
    }

    /// <summary>Which of the first bytes change so often that a block of them must compare them itself.</summary>
    public CodeCheck[] Checks(int count)
    {
        if (!_first.IsRam) return [];
        var inFirst = Math.Min(count, _firstLength);
        var first = MapOf(_first);
        var second = count > inFirst ? MapOf(_second) : null;
        if (first is null && second is null) return [];
        var checks = new List<CodeCheck>();
        FindChecks(checks, first, (int)_pc.PageOffset, 0, inFirst, _first.Host);
        FindChecks(checks, second, 0, inFirst, count - inFirst, _second.Host);
        return [.. checks];
    }

    private SmcBitmap? MapOf(in CodePage page) => cpu.Ports.Stores.Pages.Find(page.Offset.Page)?.Checked;

    private static void FindChecks(List<CodeCheck> checks, SmcBitmap? map, int offset, int start, int count, byte* host)
    {
        if (map is null) return;
        for (var i = 0; i < count; i++)
        {
            var from = i;
            while (i < count && map.Overlaps(offset + i, 1)) i++;
            if (i > from) checks.Add(new CodeCheck(start + from, i - from, new HostPointer((ulong)(host + from))));
        }
    }

    /// <summary>False: fetching at <paramref name="pc"/> faults and the exception is pending.</summary>
    public bool Begin(GuestVirtual pc)
    {
        _pc = pc;
        _hasSecond = false;
        _secondVersion = 0;
        if (!TryProtected(pc, raise: true, out _first, out _firstVersion)) return false;
        _firstLength = PageSize.Bytes - (int)pc.PageOffset;
        if (_first.IsRam)
        {
            new ReadOnlySpan<byte>(_first.Host, _firstLength).CopyTo(_firstBytes);
            return true;
        }
        _firstLength = Math.Min(LongestInstruction, _firstLength);
        for (var i = 0; i < _firstLength; i++) _firstBytes[i] = (byte)_first.Device!.Read(_first.DeviceOffset + (ulong)i, 1);
        return true;
    }

    public bool TrySecondPage(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (!_first.IsRam) return false;
        if (!_hasSecond)
        {
            if (!TryProtected(SecondPage, raise: false, out _second, out _secondVersion) || !_second.IsRam) return false;
            // Protecting may have let invalidations in: the first page must still be where it was read.
            if (!cpu.TryResolveCode(_pc, raise: false, out var again) || again.Offset != _first.Offset) return false;
            new ReadOnlySpan<byte>(_second.Host, PageSize.Bytes).CopyTo(_secondBytes);
            _hasSecond = true;
        }
        bytes = _secondBytes;
        return true;
    }

    private bool TryProtected(GuestVirtual address, bool raise, out CodePage page, out ulong version)
    {
        version = 0;
        while (cpu.TryResolveCode(address, raise, out page))
        {
            if (!page.IsRam) return true;
            var descriptor = cpu.Ports.Stores.Pages.FindOrAllocate(page.Offset.Page);
            // Version first: one that is older than the protection found after it would be refused at the link, a newer one would not.
            version = descriptor.Version;
            if ((descriptor.Flags & PageFlags.Protected) != 0) return true;
            coherence.Protect(page.Offset.Page);
        }
        return false;
    }
}

/// <summary>Where an instruction fetch goes.</summary>
/// <param name="Host">The byte in RAM or ROM; null for a device.</param>
internal unsafe struct CodePage
{
    public RamOffset Offset;
    public byte* Host;
    public MmioRegion? Device;
    public ulong DeviceOffset;

    public readonly bool IsRam => Host != null;
}
