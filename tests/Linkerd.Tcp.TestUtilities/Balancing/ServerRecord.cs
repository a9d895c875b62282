namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <summary>What happened to one server.</summary>
public sealed class ServerRecord
{
    private readonly int[] _attempts;
    private readonly int[] _served;
    private readonly List<LoadSample> _samples = [];

    internal ServerRecord(int index, double weight, int seconds)
    {
        (Index, Weight) = (index, weight);
        _attempts = new int[seconds];
        _served = new int[seconds];
    }

    public int Index { get; }

    public double Weight { get; }

    /// <summary>Attempts to connect to it, by second.</summary>
    public IReadOnlyList<int> Attempts => _attempts;

    /// <summary>Sessions that it got, by second.</summary>
    public IReadOnlyList<int> Served => _served;

    /// <summary>Its load, as the balancer sees it, ten times a second; while it is in the set.</summary>
    public IReadOnlyList<LoadSample> Samples => _samples;

    public long AttemptCount { get; private set; }

    public long ServedCount { get; private set; }

    /// <summary>The most connects to it that were pending when one more was made.</summary>
    public long MostPending { get; private set; }

    internal long AttemptsAtFault { get; set; }

    internal void OnAttempt(int second, long pending)
    {
        AttemptCount++;
        _attempts[second]++;
        MostPending = Math.Max(MostPending, pending);
    }

    internal void OnServed(int second)
    {
        ServedCount++;
        _served[second]++;
    }

    internal void Add(LoadSample sample) => _samples.Add(sample);
}

/// <summary>A look at one endpoint.</summary>
/// <param name="At">The time.</param>
/// <param name="Load">Its load.</param>
/// <param name="Fair">Its share of the effective weight that is up, of all load; 0 while it is not up.</param>
/// <param name="IsEjected">Whether its breaker is not closed.</param>
public readonly record struct LoadSample(TimeSpan At, long Load, double Fair, bool IsEjected);
