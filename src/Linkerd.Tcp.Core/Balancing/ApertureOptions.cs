namespace Linkerd.Tcp;

/// <summary>
/// A deterministic aperture: of many instances of a proxy in front of many endpoints each uses only some, chosen so that together they load all endpoints
/// alike. For fewer connections, and for enough sessions per endpoint that least loaded means something.
/// </summary>
/// <remarks>After Finagle's deterministic aperture: instances and endpoints on two rings; an instance uses the endpoints that its part of the ring overlaps, each by the size of the overlap.</remarks>
public sealed record ApertureOptions
{
    /// <summary>Which of the instances this is, from 0.</summary>
    public required int Instance { get; init; }

    /// <summary>How many instances there are.</summary>
    public required int Instances { get; init; }

    /// <summary>The least number of endpoints used. Default: 12.</summary>
    public int MinimumSize { get; init; } = 12;

    internal void Check()
    {
        if (Instances < 1 || Instance < 0 || Instance >= Instances)
        {
            throw new ArgumentException($"Aperture: Instance {Instance} of Instances {Instances}: 0 to {Instances} - 1, of at least one, was expected.");
        }

        if (MinimumSize < 12)
        {
            throw new ArgumentException($"Aperture.MinimumSize {MinimumSize}: 12 or more was expected; weights do not hold among fewer.");
        }
    }
}
