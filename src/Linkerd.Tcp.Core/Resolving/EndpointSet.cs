using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp;

/// <summary>
/// All endpoints of a name: a list of groups, one for a plain set. A pick draws the group by its exact weight among those that can serve,
/// then an endpoint within it, so that a branch of a union keeps its share whatever its number of addresses.
/// Immutable; equal where the groups are equal, one by one.
/// </summary>
public sealed class EndpointSet : IEquatable<EndpointSet>
{
    /// <summary>Makes a set of groups.</summary>
    public EndpointSet(params ImmutableArray<EndpointGroup> groups)
    {
        Groups = groups.IsDefault ? [] : groups;
        foreach (var group in Groups)
        {
            Count += group.Endpoints.Length;
        }
    }

    /// <summary>The set without endpoints.</summary>
    public static EndpointSet Empty { get; } = new();

    /// <summary>The groups.</summary>
    public ImmutableArray<EndpointGroup> Groups { get; }

    /// <summary>The number of endpoints in all groups; an address in two groups counts twice.</summary>
    public int Count { get; }

    /// <summary>Whether there is no endpoint.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>A plain set of one group.</summary>
    public static EndpointSet Create(params IEnumerable<WeightedAddress> endpoints) => new(new EndpointGroup(endpoints));

    /// <summary>A plain set of one group, every weight 1.</summary>
    public static EndpointSet Create(params IEnumerable<EndPoint> endpoints) => Create(endpoints.Select(endPoint => new WeightedAddress(endPoint)));

    /// <summary>Makes a set of the addresses that one host name was resolved to: one group, every weight 1, with the name as metadata.</summary>
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

    /// <summary>The groups, each with its weight where there are several, for a log.</summary>
    public override string ToString() => Groups.Length switch
    {
        0 => "no endpoints",
        1 => Groups[0].ToString(),
        _ => string.Join(" & ", Groups.Select(group => string.Create(CultureInfo.InvariantCulture, $"{group.Weight} * ({group})"))),
    };
}
