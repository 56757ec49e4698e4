using Tcg.Mttcg.Actors.Settings;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Host;
using Tcg.Mttcg.Translator.Host.Interpreter;
using Tcg.Mttcg.Translator.Host.X64;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Hosting;

/// <summary>The back end of a machine: its code buffer, thunks and TB cache. With the interpreter there is no buffer.</summary>
internal sealed class CodeSetup : IDisposable
{
    private readonly X64Thunks? _thunks;
    private readonly X64Options? _jit;

    /// <exception cref="ArgumentException">The code buffer is too small for so many vCPUs, or the host cannot run translated code.</exception>
    public CodeSetup(MachineOptions options, CpuModel model, MttcgSettings settings)
    {
        if (options.BackEnd == BackEndKind.Jit && !X64BackEnd.IsSupported)
            throw new ArgumentException("this host cannot run translated code: use the interpreter", nameof(options));
        if (!Translates(options))
        {
            Cache = TbCache.Create(new NoLinker(), null);
            return;
        }
        _jit = options.Jit;
        var bytes = options.CodeBytes ?? settings.CodeBytes;
        var buffer = new CodeBuffer(bytes, Regions(bytes, options.Cpus, settings));
        _thunks = X64Thunks.Emit(buffer.Thunks, wide: model.Features.Has(CpuFeature.Avx));
        _jit?.PerfMap?.Add(_thunks);
        Cache = TbCache.Create(new X64Linker(), buffer);
    }

    /// <summary>What the back end that these options lead to cannot run; the interpreter runs all.</summary>
    public static CpuFeatureSet MissingFeatures(MachineOptions options) => Translates(options) ? HostFeatures.Missing : default;

    public TbCache Cache { get; }

    public IReadOnlyList<CodeRegion> Regions() => Cache.Buffer?.Regions ?? [];

    public IBackEnd NewBackEnd() => _thunks is null ? new InterpreterBackEnd() : new X64BackEnd(_thunks, _jit);

    /// <summary>Gives back a region's bytes and descriptors; no vCPU can reach them any more.</summary>
    public void Reset(CodeRegion region)
    {
        for (var i = 0; i < region.Blocks.Count; i++) Cache.Descriptors.Release(region.Blocks[i]);
        region.Reset();
    }

    public void Dispose() => Cache.Dispose();

    private static bool Translates(MachineOptions options) => options.BackEnd != BackEndKind.Interpreter && X64BackEnd.IsSupported;

    private static int Regions(long bytes, int cpus, MttcgSettings settings)
    {
        if (bytes > CodeBuffer.MaxBytes) throw new ArgumentException($"a code buffer of {bytes} bytes is too large: at most {CodeBuffer.MaxBytes >> 20} MiB");
        var wanted = Math.Max(settings.MinimumRegions, cpus * settings.RegionsPerVcpu);
        var possible = (int)Math.Min(wanted, bytes / CodeBuffer.MinRegionBytes);
        if (possible > cpus) return possible;
        throw new ArgumentException($"a code buffer of {bytes} bytes is too small for {cpus} vCPUs: at least {(cpus + 1) * CodeBuffer.MinRegionBytes} bytes");
    }
}
