using System.Runtime.Intrinsics.X86;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Host;
using Tcg.Mttcg.Translator.Host.Interpreter;
using Tcg.Mttcg.Translator.Host.X64;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>A back end, with a code buffer if it needs one; its region is emptied for each block.</summary>
internal sealed class OracleBackEnd : IDisposable
{
    private const int BufferBytes = 1 << 18;

    public OracleBackEnd(bool translated)
    {
        Name = translated ? "translated code" : "interpreter";
        if (!translated)
        {
            BackEnd = new InterpreterBackEnd();
            return;
        }
        Buffer = new CodeBuffer(BufferBytes, 2);
        BackEnd = new X64BackEnd(X64Thunks.Emit(Buffer.Thunks, Avx.IsSupported));
    }

    public string Name { get; }

    public static bool CanTranslate => X64BackEnd.IsSupported;

    public IBackEnd BackEnd { get; }

    public CodeBuffer? Buffer { get; }

    public CodeRegion? FreshRegion()
    {
        Buffer?.Regions[0].Reset();
        return Buffer?.Regions[0];
    }

    public void Dispose()
    {
        BackEnd.Dispose();
        Buffer?.Dispose();
    }
}
