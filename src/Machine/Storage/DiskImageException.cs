namespace Tcg.Mttcg.Machine.Storage;

/// <summary>A disk image cannot be used, or not for this request. The message is one line that names the file and says why; it is meant for the user.</summary>
public sealed class DiskImageException(string message, Exception? inner = null) : IOException(message, inner);
