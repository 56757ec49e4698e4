namespace Tcg.Mttcg.Memory.Contracts;

/// <summary>Who makes translated code forget bytes that something other than a guest store has changed.</summary>
public interface ICodeInvalidation
{
    /// <summary>Returns when no TB of these bytes can be entered any more. May block the caller on the memory actor.</summary>
    /// <param name="length">Bytes, inside one page.</param>
    void Invalidate(RamOffset start, int length);
}
