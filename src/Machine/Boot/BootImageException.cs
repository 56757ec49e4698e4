namespace Tcg.Mttcg.Machine.Boot;

/// <summary>An image cannot be booted. The message is one line that names the file and says why; it is meant for the user.</summary>
public sealed class BootImageException(string message, Exception? inner = null) : Exception(message, inner);
