namespace Linkerd.Tcp.Cli;

/// <content>The options that decide which endpoint a session gets, and what happens where one fails.</content>
internal static partial class CliOptions
{
    public static ValueOption<BalancerKind> Balancer { get; } = new(
        null, "balancer", "KIND", "Who gets a session: p2c, peakEwma, leastConnections, roundRobin, random or maglev", "p2c", BalancerText.Parse);

    public static ValueOption<HashBalance> HashBalanceFactor { get; } = new(
        null,
        "hash-balance-factor",
        "PERCENT[,N]",
        "maglev: most load of an endpoint, in percent of its share, before its clients go elsewhere; fewer than N connections (16) never are too many",
        "off",
        HashBalance.Parse);

    public static ValueOption<int?> MaxConnectionsPerEndpoint { get; } = new(
        null,
        "max-connections-per-endpoint",
        "N",
        "Most connections to one endpoint, pending ones included; further sessions wait",
        "off",
        text => text == "off" ? null : NumberText.Parse(text, 1, 100_000_000, "connections, or off,"));

    public static ValueOption<int> MaxWaiters { get; } = new(
        null,
        "max-waiters",
        "N",
        "Most sessions that wait for a resolution or a free endpoint; further ones are reset",
        "1000",
        text => NumberText.Parse(text, 0, 100_000_000, "sessions"));

    public static ValueOption<int> MinConnections { get; } = new(
        null,
        "min-connections",
        "N",
        "Connections to endpoints that are made before they are needed",
        "0",
        text => NumberText.Parse(text, 0, 1_000_000, "connections"));

    public static ValueOption<TimeSpan> SlowStart { get; } = Duration(
        "slow-start", "How long an endpoint takes to its full share that is new among others, or well again", "10s");

    public static ValueOption<CircuitBreakerOptions> FailFast { get; } = new(
        null,
        "fail-fast",
        "off|FAILURES[,PENALTY]",
        "Failed connects in a row that eject an endpoint, and its first back-off",
        "5,5s",
        FailFastText.Parse);

    public static ValueOption<int> Retries { get; } = new(
        null,
        "retries",
        "N",
        "Most further attempts of a session whose connect failed; all together within 0.2 a session and 10 a second. Refusals by endpoints that are well do not count",
        "2",
        text => NumberText.Parse(text, 0, 1000, "attempts"));

    public static ValueOption<TimeSpan> ActiveCheck { get; } = new(
        null,
        "active-check",
        "INTERVAL",
        "Check each endpoint at this interval, a DURATION, for as long at most, or 1s; 3 failures eject it, 2 successes bring it back",
        "off",
        text => DurationText.Parse(text));

    public static ValueOption<ReadOnlyMemory<byte>> CheckSend { get; } = new(
        null, "check-send", "TEXT", @"Bytes that an active check sends, with \r \n \t \\ and \xNN", "off", BytesText.Parse);

    public static ValueOption<ReadOnlyMemory<byte>> CheckExpect { get; } = new(
        null, "check-expect", "TEXT", "Bytes that must come back, or the active check has failed", "off", BytesText.Parse);
}
