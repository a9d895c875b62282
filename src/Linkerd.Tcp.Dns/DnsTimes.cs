namespace Linkerd.Tcp.Dns;

/// <summary>When to ask again.</summary>
internal static class DnsTimes
{
    /// <summary>After an answer that does not say how long it is good, or that has a part missing.</summary>
    public static TimeSpan Default { get; } = TimeSpan.FromSeconds(5);

    /// <summary>The first ceiling of the delay after a failure.</summary>
    public static TimeSpan InitialRetry { get; } = TimeSpan.FromSeconds(1);

    /// <summary>The highest ceiling of the delay after a failure.</summary>
    public static TimeSpan MaxRetry { get; } = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Min = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Max = TimeSpan.FromSeconds(300);

    // Zones commonly say an hour, and a service that was just made should not have to wait for that.
    private static readonly TimeSpan MaxNegative = TimeSpan.FromSeconds(30);

    public static TimeSpan Positive(TimeSpan ttl) => ttl < Min ? Min : ttl > Max ? Max : ttl;

    public static TimeSpan Negative(TimeSpan? ttl) => ttl is not { } known ? Default : known < Min ? Min : known > MaxNegative ? MaxNegative : known;
}
