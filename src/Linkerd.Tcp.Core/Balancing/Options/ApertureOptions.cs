using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Balancing;

/// <summary>
/// A deterministic aperture: of many instances of a proxy in front of many endpoints each uses only some, chosen so that together they load all endpoints
/// alike. For fewer connections, and for enough sessions per endpoint that least loaded means something.
/// </summary>
/// <remarks>After Finagle's deterministic aperture: instances and endpoints on two rings; an instance uses the endpoints that its part of the ring overlaps, each by the size of the overlap.</remarks>
public sealed class ApertureOptions
{
    /// <summary>Which of the instances this is, from 0.</summary>
    public required int Instance { get; set; }

    /// <summary>How many instances there are.</summary>
    public required int Instances { get; set; }

    /// <summary>The least number of endpoints used. Default: 12.</summary>
    public int MinimumSize { get; set; } = 12;

    internal ApertureOptions Copy() => (ApertureOptions)MemberwiseClone();

    internal void Validate(OptionsValidator validator)
    {
        validator.Range(Instances, 1);
        validator.Expect(Instance >= 0 && (Instance < Instances || Instances < 1), Instance, FormattableString.Invariant($"0 to {Instances} - 1"));
        validator.Expect(MinimumSize >= 12, MinimumSize, "12 or more, as weights do not hold among fewer,");
    }
}
