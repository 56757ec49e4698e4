using System.Runtime.InteropServices;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Host;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.Execution;

public sealed unsafe class RestlessCodeTests : IDisposable
{
    private const int After = 3, Within = 100, Calm = 2;

    private readonly byte* _bytes = (byte*)NativeMemory.AllocZeroed(64);
    private readonly RestlessCode _code = new(After, Within, Calm);
    private long _now;

    public void Dispose() => NativeMemory.Free(_bytes);

    private TranslationBlock Block(ulong start) => new(1, new TbKey(new RamOffset(start), default)) { Checks = [new CodeCheck(0, 4, new HostPointer((ulong)_bytes))] };

    private bool Change(long later, ulong start = 0x1000)
    {
        _bytes[0]++;
        return Enter(later, start);
    }

    private bool Enter(long later, ulong start = 0x1000)
    {
        _now += later;
        return _code.IsRestless(Block(start), _now);
    }

    [Fact]
    public void Code_that_changes_in_a_row_is_restless_after_some_changes()
    {
        for (var i = 0; i < After; i++) Assert.False(Change(Within));
        Assert.True(Change(Within));
    }

    [Fact]
    public void Changes_that_are_far_apart_never_make_it_restless()
    {
        for (var i = 0; i < 20; i++) Assert.False(Change(Within + 1));
    }

    [Fact]
    public void Restless_code_is_calm_after_runs_with_the_same_bytes()
    {
        for (var i = 0; i <= After; i++) Change(1);
        Assert.True(Enter(1));
        Assert.False(Enter(1));
        Assert.True(Change(1));
    }

    [Fact]
    public void Another_place_in_the_same_entry_starts_anew()
    {
        for (var i = 0; i <= After; i++) Change(1);
        Assert.False(Change(1, start: 0x2000));
        Assert.False(Change(1));
    }
}
