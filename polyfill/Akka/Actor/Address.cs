namespace Akka.Actor;

/// <summary>Which actor system a path belongs to: <c>akka://name</c>.</summary>
public sealed class Address(string protocol, string system) : IEquatable<Address>
{
    public string Protocol { get; } = protocol;
    public string System { get; } = system;
    public bool Equals(Address other) => other is not null && (other.Protocol, other.System) == (Protocol, System);
    public override bool Equals(object obj) => Equals(obj as Address);
    public override int GetHashCode() => HashCode.Combine(Protocol, System);
    public override string ToString() => $"{Protocol}://{System}";
}
