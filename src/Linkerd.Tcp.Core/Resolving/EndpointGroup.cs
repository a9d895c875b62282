using System.Collections.Immutable;
using System.Globalization;
using System.Net;

namespace Linkerd.Tcp.Resolving;

/// <summary>
/// Represents a part of an <see cref="EndpointSet"/>: the endpoints behind one branch of a union. Immutable; any thread. The same address given
/// twice counts once, with its last weight, as in Finagle. Groups are equal if they hold the same addresses with the same weights and metadata, in any order.
/// </summary>
public sealed class EndpointGroup : IEquatable<EndpointGroup>
{
    // The index of each address among the endpoints.
    private readonly Dictionary<EndPoint, int> _places;

    /// <summary>Initializes a group.</summary>
    /// <param name="endpoints">Its endpoints, in any order.</param>
    /// <param name="weight">Its share relative to the other groups of its tier; as the weights of endpoints. Default 1.</param>
    /// <param name="tier">Its priority, 0 first: a tier is used when no endpoint of the ones above is available. Default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="tier"/> is negative.</exception>
    public EndpointGroup(IEnumerable<WeightedAddress> endpoints, double weight = 1, int tier = 0)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentOutOfRangeException.ThrowIfNegative(tier);
        Weight = double.IsFinite(weight) && weight >= 0 ? weight : 1;
        Tier = tier;
        var count = endpoints.TryGetNonEnumeratedCount(out var known) ? known : 0;
        _places = new Dictionary<EndPoint, int>(count);
        var distinct = ImmutableArray.CreateBuilder<WeightedAddress>(count);
        foreach (var endpoint in endpoints)
        {
            if (!endpoint.IsWeightValid)
            {
                InvalidWeights++;
            }

            if (_places.TryAdd(endpoint.Address, distinct.Count))
            {
                distinct.Add(endpoint);
            }
            else
            {
                distinct[_places[endpoint.Address]] = endpoint;
            }
        }

        Endpoints = distinct.DrainToImmutable();
    }

    private EndpointGroup(EndpointGroup other, double weight, object? source)
    {
        Weight = weight;
        Source = source;
        Tier = other.Tier;
        Endpoints = other.Endpoints;
        InvalidWeights = other.InvalidWeights;
        _places = other._places;
    }

    /// <summary>Gets the share relative to the other groups of its tier.</summary>
    public double Weight { get; }

    /// <summary>Gets the priority, 0 first.</summary>
    public int Tier { get; }

    /// <summary>Gets the endpoints, each address once.</summary>
    public ImmutableArray<WeightedAddress> Endpoints { get; }

    /// <summary>Gets the number of weights that were not valid, and count as 1.</summary>
    public int InvalidWeights { get; }

    /// <summary>Gets the key by which the group is recognized in the next set; null if it has none. Not part of equality.</summary>
    internal object? Source { get; }

    bool IEquatable<EndpointGroup>.Equals(EndpointGroup? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        if (other is null || Weight != other.Weight || Tier != other.Tier || Endpoints.Length != other.Endpoints.Length)
        {
            return false;
        }

        for (var i = 0; i < Endpoints.Length; i++)
        {
            // Most often they are in the same order.
            var (mine, their) = (Endpoints[i], other.Endpoints[i]);
            if (!their.Address.Equals(mine.Address))
            {
                if (!other._places.TryGetValue(mine.Address, out var place))
                {
                    return false;
                }

                their = other.Endpoints[place];
            }

            if (mine.EffectiveWeight != their.EffectiveWeight || !Equals(mine.Metadata, their.Metadata))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => ((IEquatable<EndpointGroup>)this).Equals(obj as EndpointGroup);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Weight, Tier, Endpoints.Length);

    /// <summary>Returns the endpoints, at most the first ten of them, for a log.</summary>
    public override string ToString()
    {
        const int Shown = 10;
        var endpoints = string.Join(", ", Endpoints.Take(Shown));
        return Endpoints.IsEmpty ? "no endpoints"
            : Endpoints.Length <= Shown ? endpoints
            : string.Create(CultureInfo.InvariantCulture, $"{endpoints} and {Endpoints.Length - Shown} more");
    }

    /// <summary>Returns a group of the same endpoints with another weight.</summary>
    /// <param name="weight">The weight.</param>
    /// <param name="source">
    /// A key that is equal in every set that the group is part of, so that its endpoints keep their state if groups before it come and go; null, the default: the key it has.
    /// Not part of equality.
    /// </param>
    public EndpointGroup WithWeight(double weight, object? source = null) =>
        weight == Weight && source is null ? this : new(this, weight, source ?? Source);
}
