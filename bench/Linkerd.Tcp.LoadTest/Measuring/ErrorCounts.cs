namespace Linkerd.Tcp.LoadTest.Measuring;

/// <summary>What went wrong, and how often. Nothing is allocated while all goes well.</summary>
internal sealed class ErrorCounts
{
    private const int Limit = 10_000;

    public SortedDictionary<string, int> ByKind { get; } = new(StringComparer.Ordinal);

    public int Total { get; private set; }

    /// <summary>So many that to go on would measure nothing.</summary>
    public bool IsTooMany => Total >= Limit;

    public void Add(string kind)
    {
        Total++;
        ByKind[kind] = ByKind.GetValueOrDefault(kind) + 1;
    }
}
