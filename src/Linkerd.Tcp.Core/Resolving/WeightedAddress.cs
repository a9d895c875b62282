using System.Globalization;
using System.Net;

namespace Linkerd.Tcp.Resolving;

/// <summary>Represents an address with a weight. Immutable, and compared by value; any thread.</summary>
public sealed class WeightedAddress : IEquatable<WeightedAddress>
{
    /// <summary>Initializes an address with a weight.</summary>
    /// <param name="address">The address, comparable by value.</param>
    /// <param name="weight">
    /// The share relative to the other addresses of the group; only ratios matter. Default: 1. 0: last resort, used if nothing else can serve.
    /// NaN, negative and infinite weights count as 1 (<see cref="EffectiveWeight"/>).
    /// </param>
    /// <param name="metadata">The metadata of the address; null: none.</param>
    public WeightedAddress(EndPoint address, double weight = 1, EndpointMetadata? metadata = null)
    {
        Metadata = metadata;
        Address = address;
        Weight = weight;
    }

    /// <summary>Gets the address.</summary>
    public EndPoint Address { get; }

    /// <summary>Gets the weight as it was given.</summary>
    public double Weight { get; }

    /// <summary>Gets the metadata of the address; null if there is none.</summary>
    public EndpointMetadata? Metadata { get; }

    /// <summary>Gets the weight, or 1 if it is not a finite number of 0 or more.</summary>
    public double EffectiveWeight => IsWeightValid ? Weight : 1;

    internal bool IsWeightValid => double.IsFinite(Weight) && Weight >= 0;

    bool IEquatable<WeightedAddress>.Equals(WeightedAddress? other) => ReferenceEquals(this, other)
        || (other is not null && Address.Equals(other.Address) && Weight.Equals(other.Weight) && Equals(Metadata, other.Metadata));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => ((IEquatable<WeightedAddress>)this).Equals(obj as WeightedAddress);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Address, Weight);

    /// <summary>Returns the address, with its weight if that is not 1.</summary>
    public override string ToString() => Weight == 1 ? $"{Address}" : string.Create(CultureInfo.InvariantCulture, $"{Address} * {Weight}");
}
