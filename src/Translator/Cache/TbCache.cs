using Tcg.Mttcg.Translator.Host;

namespace Tcg.Mttcg.Translator.Cache;

/// <summary>What all vCPUs of a machine share of translated code.</summary>
/// <param name="Buffer">Null with a back end that keeps IR.</param>
public sealed record TbCache(TbHash Hash, TbDescriptors Descriptors, JumpLists Jumps, CodeBuffer? Buffer) : IDisposable
{
    public static TbCache Create(ITbLinker linker, CodeBuffer? buffer) => new(new TbHash(), new TbDescriptors(), new JumpLists(linker), buffer);

    public void Dispose() => Buffer?.Dispose();
}
