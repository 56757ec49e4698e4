namespace Tcg.Mttcg.Machine.Net;

/// <summary>The host cannot give a network what was asked for: a port in use, an address that is not its own. The message is one clear line.</summary>
public sealed class NetworkException(string message, Exception? inner = null) : Exception(message, inner);
