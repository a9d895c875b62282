using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Balancing;

/// <summary>
/// Represents the options of a deterministic aperture: of many instances of a proxy in front of many endpoints each uses only some, chosen so that together they load all endpoints
/// alike. It reduces connections, and gives each endpoint enough sessions for loads to be compared.
/// </summary>
/// <remarks>After Finagle's deterministic aperture: instances and endpoints on two rings; an instance uses the endpoints that its part of the ring overlaps, each by the size of the overlap.</remarks>
public sealed class ApertureOptions
{
    /// <summary>Gets or sets the number of this instance, from 0.</summary>
    public required int Instance { get; set; }

    /// <summary>Gets or sets the number of instances.</summary>
    public required int Instances { get; set; }

    /// <summary>Gets or sets the minimum number of endpoints used. Default: 12.</summary>
    public int MinimumSize { get; set; } = 12;

    internal ApertureOptions Copy() => (ApertureOptions)MemberwiseClone();

    internal void Validate(OptionsValidator validator)
    {
        validator.Range(Instances, 1);
        validator.Expect(Instance >= 0 && (Instance < Instances || Instances < 1), Instance, FormattableString.Invariant($"0 to {Instances} - 1"));
        validator.Expect(MinimumSize >= 12, MinimumSize, "12 or more, as weights do not hold among fewer,");
    }
}
