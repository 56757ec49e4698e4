namespace Akka.Actor;

/// <summary>The name of an actor below its parents. Two actors that had the same name in turn have equal paths.</summary>
public abstract class ActorPath(Address address, ActorPath parent, string name) : IEquatable<ActorPath>, IComparable<ActorPath>
{
    private const string Symbols = "\"-_.*$+:@&=,!~';()";

    public Address Address { get; } = address;
    public string Name { get; } = name;
    public int Depth { get; } = parent == null ? 0 : parent.Depth + 1;

    /// <summary>The root is its own parent.</summary>
    public ActorPath Parent => parent ?? this;
    public ActorPath Root => parent == null ? this : parent.Root;
    public IReadOnlyList<string> Elements => parent == null ? [] : [.. parent.Elements, Name];

    public static ActorPath operator /(ActorPath path, string name) => new ChildActorPath(path, name);
    public static bool operator ==(ActorPath left, ActorPath right) => Equals(left, right);
    public static bool operator !=(ActorPath left, ActorPath right) => !Equals(left, right);

    public ActorPath Child(string childName) => this / childName;

    /// <summary>Letters, digits and some symbols; no '$' in front.</summary>
    public static bool IsValidPathElement(string s) =>
        !string.IsNullOrEmpty(s) && s[0] != '$' && s.All(c => char.IsAsciiLetterOrDigit(c) || Symbols.Contains(c));

    public string ToStringWithoutAddress() => parent == null ? "/" : "/" + string.Join('/', Elements);
    public string ToStringWithAddress() => Address + ToStringWithoutAddress();
    public override string ToString() => ToStringWithAddress();
    public bool Equals(ActorPath other) => other is not null && other.Depth == Depth && other.ToString() == ToString();
    public override bool Equals(object obj) => Equals(obj as ActorPath);
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);
    public int CompareTo(ActorPath other) => string.CompareOrdinal(ToString(), other?.ToString());
}

public sealed class RootActorPath(Address address) : ActorPath(address, null, "/");

public sealed class ChildActorPath(ActorPath parentPath, string name) : ActorPath(parentPath.Address, parentPath, name);
