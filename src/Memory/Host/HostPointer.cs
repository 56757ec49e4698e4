namespace Tcg.Mttcg.Memory.Host;

/// <summary>An address in this process. 0 is "none".</summary>
public readonly record struct HostPointer(ulong Value)
{
    public bool IsNull => Value == 0;
    public unsafe byte* Bytes => (byte*)Value;
    public static HostPointer operator +(HostPointer pointer, ulong bytes) => new(pointer.Value + bytes);
    public override string ToString() => $"host 0x{Value:x}";
}
