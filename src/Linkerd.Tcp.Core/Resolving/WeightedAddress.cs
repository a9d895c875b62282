using System.Globalization;
using System.Net;

namespace Linkerd.Tcp.Resolving;

/// <summary>An address with a weight.</summary>
/// <param name="Address">The address, comparable by value.</param>
/// <param name="Weight">
/// Its share relative to the others of its group; only ratios matter. Default 1. 0: last resort, used when nothing else can serve.
/// NaN, negative and infinite weights count as 1 (<see cref="IsWeightValid"/>).
/// </param>
public sealed record WeightedAddress(EndPoint Address, double Weight = 1)
{
    /// <summary>What is known of it beside; null, the default: nothing.</summary>
    public EndpointMetadata? Metadata { get; init; }

    /// <summary>Whether the weight is a finite number of 0 or more.</summary>
    public bool IsWeightValid => double.IsFinite(Weight) && Weight >= 0;

    /// <summary>The weight, or 1 where it is not valid.</summary>
    public double EffectiveWeight => IsWeightValid ? Weight : 1;

    /// <summary>The address, with its weight where that is not 1.</summary>
    public override string ToString() => Weight == 1 ? $"{Address}" : string.Create(CultureInfo.InvariantCulture, $"{Address} * {Weight}");
}
