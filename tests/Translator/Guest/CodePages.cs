using Tcg.Mttcg.Translator.Guest;

namespace Tcg.Mttcg.Translator.Tests.Guest;

/// <summary>Guest code laid over a page boundary: <paramref name="room"/> bytes of the first page, the rest on the second, if there is one.</summary>
internal sealed class CodePages(byte[] code, int room = 4096, bool secondPage = true) : ICodeFetch
{
    private readonly byte[] _first = [.. code.Take(room), .. new byte[Math.Max(0, room - code.Length)]];
    private readonly byte[] _second = [.. code.Skip(room), .. new byte[32]];

    public int SecondPageAsked { get; private set; }

    public ReadOnlySpan<byte> FirstPage => _first;

    public bool TrySecondPage(out ReadOnlySpan<byte> bytes)
    {
        SecondPageAsked++;
        bytes = _second;
        return secondPage;
    }
}
