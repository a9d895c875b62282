namespace Linkerd.Tcp.Dns;

/// <summary>The times between queries.</summary>
internal static class DnsTimes
{
    /// <summary>The time after an answer without a time to live, or with a part missing.</summary>
    public static TimeSpan Default { get; } = TimeSpan.FromSeconds(5);

    /// <summary>The first ceiling of the delay after a failure.</summary>
    public static TimeSpan InitialRetry { get; } = TimeSpan.FromSeconds(1);

    /// <summary>The highest ceiling of the delay after a failure.</summary>
    public static TimeSpan MaxRetry { get; } = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Min = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Max = TimeSpan.FromSeconds(300);

    // Zones commonly have an hour, and a service that was just created should not have to wait for that.
    private static readonly TimeSpan MaxNegative = TimeSpan.FromSeconds(30);

    public static TimeSpan Positive(TimeSpan ttl) => ttl < Min ? Min : ttl > Max ? Max : ttl;

    public static TimeSpan Negative(TimeSpan? ttl) => ttl is not { } known ? Default : known < Min ? Min : known > MaxNegative ? MaxNegative : known;
}
