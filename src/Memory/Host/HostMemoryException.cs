using System.Runtime.InteropServices;

namespace Tcg.Mttcg.Memory.Host;

/// <summary>The host refused memory: which call, how much, and the operating system's reason.</summary>
public sealed class HostMemoryException : Exception
{
    /// <summary>The errno of the failed call.</summary>
    public int Error { get; }

    public HostMemoryException(string what, ulong bytes, int error)
        : base($"{what} of {bytes} bytes failed: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})") => Error = error;

    internal static HostMemoryException Last(string what, ulong bytes) => new(what, bytes, Marshal.GetLastPInvokeError());
}
