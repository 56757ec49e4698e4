using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Host.X64;
using Tcg.Mttcg.Translator.Runtime;
using Tcg.Mttcg.Translator.Tests.X64;

namespace Tcg.Mttcg.Translator.Tests.Oracle;

/// <summary>Thunks that call the real helpers, and a region that is emptied for each block.</summary>
internal sealed unsafe class CodeBuffer : IDisposable
{
    private const int Bytes = 1 << 18, ThunkBytes = 16384, Spare = 16384;

    private readonly (nint Writable, nint Executable) _code = NativeMemory.AllocateCode(Bytes);

    public CodeBuffer() => Thunks = X64Thunks.Emit(new CodeRegion(0, (byte*)_code.Writable, (byte*)_code.Executable, ThunkBytes, ThunkBytes), HelperTable.EntryPoint);

    public X64Thunks Thunks { get; }

    public CodeRegion Fresh() =>
        new(1, (byte*)_code.Writable + ThunkBytes, (byte*)_code.Executable + ThunkBytes, Bytes - ThunkBytes, Bytes - ThunkBytes - Spare);

    public void Dispose()
    {
        NativeMemory.Free((void*)_code.Writable, Bytes);
        NativeMemory.Free((void*)_code.Executable, Bytes);
    }
}
