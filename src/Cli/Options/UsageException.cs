namespace Tcg.Mttcg.Cli.Options;

/// <summary>The command line asks for something that cannot be: one clear line for the user, exit code 1.</summary>
public sealed class UsageException(string message) : Exception(message);
