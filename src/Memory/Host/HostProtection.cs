namespace Tcg.Mttcg.Memory.Host;

/// <summary>Access rights of a host mapping; the values are mmap's PROT_ bits. Write and Execute together are refused everywhere.</summary>
[Flags]
public enum HostProtection
{
    None = 0,
    Read = 1,
    Write = 2,
    Execute = 4,
    ReadWrite = Read | Write,
    ReadExecute = Read | Execute,
}
