using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp;

/// <summary>
/// Represents all endpoints of a name: a list of groups, one for a plain set. A pick draws the group by its exact weight among those that can serve,
/// then an endpoint within it, so that a branch of a union keeps its share whatever its number of addresses.
/// Immutable, for any thread; sets are equal if their groups are equal, one by one.
/// </summary>
public sealed class EndpointSet : IEquatable<EndpointSet>
{
    /// <summary>Initializes a set of groups.</summary>
    public EndpointSet(params ImmutableArray<EndpointGroup> groups)
    {
        Groups = groups.IsDefault ? [] : groups;
        foreach (var group in Groups)
        {
            Count += group.Endpoints.Length;
        }
    }

    /// <summary>Gets the set without endpoints.</summary>
    public static EndpointSet Empty { get; } = new();

    /// <summary>Gets the groups.</summary>
    public ImmutableArray<EndpointGroup> Groups { get; }

    /// <summary>Gets the number of endpoints in all groups; an address in two groups counts twice.</summary>
    public int Count { get; }

    /// <summary>Gets a value that indicates whether there is no endpoint.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>Creates a plain set of one group.</summary>
    public static EndpointSet Create(params IEnumerable<WeightedAddress> endpoints) => new(new EndpointGroup(endpoints));

    /// <summary>Creates a plain set of one group, every weight 1.</summary>
    public static EndpointSet Create(params IEnumerable<EndPoint> endpoints) => Create(endpoints.Select(endPoint => new WeightedAddress(endPoint)));

    /// <summary>Creates a set of the addresses that one host name was resolved to: one group, every weight 1, with the name as metadata.</summary>
    /// <param name="host">The host name (<see cref="EndpointMetadata.Host"/>).</param>
    /// <param name="addresses">The addresses.</param>
    public static EndpointSet OfHost(string host, IEnumerable<EndPoint> addresses)
    {
        var metadata = new EndpointMetadata(host);
        return Create(addresses.Select(address => new WeightedAddress(address, metadata: metadata)));
    }

    bool IEquatable<EndpointSet>.Equals(EndpointSet? other) => other is not null && Groups.AsSpan().SequenceEqual(other.Groups.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => ((IEquatable<EndpointSet>)this).Equals(obj as EndpointSet);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Groups.Length, Count);

    /// <summary>Returns the groups, each with its weight if there are several, for a log.</summary>
    public override string ToString() => Groups.Length switch
    {
        0 => "no endpoints",
        1 => Groups[0].ToString(),
        _ => string.Join(" & ", Groups.Select(group => string.Create(CultureInfo.InvariantCulture, $"{group.Weight} * ({group})"))),
    };
}
