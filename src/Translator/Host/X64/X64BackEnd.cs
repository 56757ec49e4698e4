using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Host.Interpreter;
using Tcg.Mttcg.Translator.Host.X64.Lowering;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.X64;

/// <summary>
/// The x86-64 back end: host code in the shared code buffer, guest registers in host registers (<see cref="Homes"/>). One instance a vCPU; the
/// thunks are shared. The guest is promised no CPUID feature of <see cref="HostFeatures.Missing"/>.
/// </summary>
public sealed unsafe class X64BackEnd : IBackEnd
{
    private readonly X64Thunks _thunks;
    private readonly Lowerer _lowerer;
    private readonly InterpreterBackEnd _interpreter = new();
    private readonly X64PerfMap? _perfMap;

    public X64BackEnd(X64Thunks thunks, X64Options? options = null)
    {
        _thunks = thunks;
        options ??= X64Options.Default;
        _lowerer = new Lowerer(thunks, options);
        _perfMap = options.PerfMap;
    }

    /// <summary>The host can run this back end.</summary>
    public static bool IsSupported => System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture
        == System.Runtime.InteropServices.Architecture.X64 && !OperatingSystem.IsWindows();

    public bool NeedsRegion => true;

    /// <inheritdoc/>
    public EmitResult Emit(IrBlock block, TranslationBlock tb, CodeRegion? region)
    {
        ArgumentNullException.ThrowIfNull(block);
        ArgumentNullException.ThrowIfNull(tb);
        ArgumentNullException.ThrowIfNull(region);
        if ((block.Context.CompileFlags & TbCompileFlags.Interpret) != 0) return _interpreter.Emit(block, tb, null);
        if (region.Used >= region.HighWater) return EmitResult.RegionFull;
        region.Populate();
        var result = _lowerer.Lower(block, tb, region);
        if (result == EmitResult.Emitted) _perfMap?.Add(tb);
        return result;
    }

    /// <inheritdoc/>
    public TbExit Execute(Cpu cpu, TranslationBlock tb)
    {
        ArgumentNullException.ThrowIfNull(cpu);
        ArgumentNullException.ThrowIfNull(tb);
        if (tb.Ir is not null) return _interpreter.Execute(cpu, tb);
        return new TbExit(((delegate* unmanaged<CpuState*, nuint, ulong>)_thunks.Enter)(cpu.State, tb.Entry));
    }

    /// <inheritdoc/>
    public string Listing(TranslationBlock tb)
    {
        using var text = new StringWriter();
        X64Listing.Write(text, tb, _thunks);
        return text.ToString();
    }

    public void Dispose()
    {
    }
}
