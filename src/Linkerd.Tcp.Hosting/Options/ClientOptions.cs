using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Hosting.Values;

namespace Linkerd.Tcp.Hosting.Options;

/// <summary>The options of connections to endpoints: the pick, the handling of failures, and their limits.</summary>
internal static class ClientOptions
{
    private const int Max = 100_000_000;

    private static readonly OptionType<int?> LimitOrOff = OptionTypes.Count("connections", 1, Max, zeroWord: "off").OrNothing();
    private static readonly OptionType<TimeSpan?> Duration = OptionTypes.Duration().OrNothing();

    public static IReadOnlyList<ConfigurationOption> All { get; } =
    [
        new ConfigurationOption<ClientSettings, DstPath>(OptionTypes.Prefix, static client => client.Prefix, static (client, prefix) => client.Prefix = prefix)
        {
            Key = "prefix",
            Default = "/",
            Help = "The labels that a name must begin with for these settings to apply",
        },
        new ConfigurationOption<ClientSettings, TimeSpan?>(Duration, static client => client.EstablishTimeout, static (client, time) => client.EstablishTimeout = time)
        {
            Key = "establishTimeoutMs",
            Default = "that of the server",
            Help = "Maximum time from accept to a server connection, instead of the server's connectTimeoutMs",
        },
        new ConfigurationOption<ClientSettings, IReadOnlyList<IPAddress>?>(OptionTypes.IPAddresses, static client => client.SourceAddresses, static (client, addresses) => client.SourceAddresses = addresses)
        {
            Key = "sourceAddresses",
            Default = "off",
            Help = "Local addresses to connect from, in turn, each for endpoints of its own family",
        },
        new ConfigurationOption<ClientSettings, BalancerKind?>(OptionTypes.Balancer.OrNothing(), static client => client.Balancer, static (client, kind) => client.Balancer = kind)
        {
            Key = "balancer",
            Argument = "balancer",
            ValueName = "KIND",
            Default = "p2c",
            Help = "Load balancing algorithm: p2c, peakEwma, leastConnections, roundRobin, random or maglev",
        },
        new ConfigurationOption<ClientSettings, HashBalance?>(
            OptionTypes.HashBalance,
            static client => client.HashBalanceFactor is { } factor ? new HashBalance(factor == 0 ? null : factor, client.HashBalanceFloor ?? HashBalance.DefaultFloor) : null,
            static (client, balance) => (client.HashBalanceFactor, client.HashBalanceFloor) = (balance?.Factor ?? 0, balance?.Floor))
        {
            Argument = "hash-balance-factor",
            ValueName = "PERCENT[,N]",
            Default = "off",
            Help = "maglev: maximum load of an endpoint, in percent of its share, before its clients go to others; fewer than N connections (16) are never too many",
        },
        new ConfigurationOption<ClientSettings, int?>(
            OptionTypes.Count("percent", 101, 100_000, zeroWord: "off").OrNothing(), static client => client.HashBalanceFactor, static (client, factor) => client.HashBalanceFactor = factor)
        {
            Key = "hashBalanceFactor",
            Default = "off",
            Help = "maglev: maximum load of an endpoint, in percent of its share, before its clients go to others",
        },
        new ConfigurationOption<ClientSettings, int?>(OptionTypes.Count("connections", 0, Max).OrNothing(), static client => client.HashBalanceFloor, static (client, floor) => client.HashBalanceFloor = floor)
        {
            Key = "hashBalanceFloor",
            Default = "16",
            Help = "maglev: number of connections below which hashBalanceFactor does not apply to an endpoint",
        },
        new ConfigurationOption<ClientSettings, int?>(LimitOrOff, static client => client.MaxConnectionsPerEndpoint, static (client, most) => client.MaxConnectionsPerEndpoint = most)
        {
            Key = "maxConnectionsPerEndpoint",
            Argument = "max-connections-per-endpoint",
            ValueName = "N",
            Default = "off",
            Help = "Maximum number of connections to one endpoint, including pending ones; further sessions wait",
        },
        new ConfigurationOption<ClientSettings, int?>(LimitOrOff, static client => client.MaxPendingPerEndpoint, static (client, most) => client.MaxPendingPerEndpoint = most)
        {
            Key = "maxPendingPerEndpoint",
            Default = "off",
            Help = "Maximum number of pending connections to one endpoint; further sessions wait",
        },
        new ConfigurationOption<ClientSettings, int?>(
            OptionTypes.Count("sessions", 1, Max, zeroWord: "off").OrNothing(), static client => client.MaxSessions, static (client, most) => client.MaxSessions = most)
        {
            Key = "maxSessions",
            Default = "off",
            Help = "Maximum number of concurrent sessions to one name, over all servers; further ones are reset",
        },
        new ConfigurationOption<ClientSettings, int?>(OptionTypes.Count("sessions", 0, Max).OrNothing(), static client => client.MaxWaiters, static (client, most) => client.MaxWaiters = most)
        {
            Key = "maxWaiters",
            Argument = "max-waiters",
            ValueName = "N",
            Default = "1000",
            Help = "Maximum number of sessions that wait for a resolution or a free endpoint; further ones are reset",
        },
        new ConfigurationOption<ClientSettings, int?>(OptionTypes.Count("connections", 0, 1_000_000).OrNothing(), static client => client.MinConnections, static (client, count) => client.MinConnections = count)
        {
            Key = "minConnections",
            Argument = "min-connections",
            ValueName = "N",
            Default = "0",
            Help = "Number of connections to endpoints that are made before they are needed",
        },
        new ConfigurationOption<ClientSettings, TimeSpan?>(Duration, static client => client.SlowStart, static (client, time) => client.SlowStart = time)
        {
            Key = "slowStartMs",
            Argument = "slow-start",
            ValueName = "DURATION",
            Default = "10s",
            Help = "Time until a new or recovered endpoint gets its full share of sessions",
        },
        new ConfigurationOption<ClientSettings, CircuitBreakerOptions?>(
            OptionTypes.FailFast,
            static client => client.MaxConsecutiveFailures is { } failures ? FailFastText.Of(failures, client.FailurePenalty) : null,
            static (client, breaker) => (client.MaxConsecutiveFailures, client.FailurePenalty) = (breaker?.Failures, breaker?.InitialBackoff))
        {
            Argument = "fail-fast",
            ValueName = "off|FAILURES[,PENALTY]",
            Default = "5,5s",
            Help = "Number of consecutive failed connects that eject an endpoint, and its first back-off",
        },
        new ConfigurationOption<ClientSettings, int?>(
            OptionTypes.Count("failed connects", 1, 1_000_000, zeroWord: "off").OrNothing(), static client => client.MaxConsecutiveFailures, static (client, failures) => client.MaxConsecutiveFailures = failures)
        {
            Key = "failFast.maxConsecutiveFailures",
            Default = "5",
            Help = "Number of consecutive failed connects that eject an endpoint",
        },
        new ConfigurationOption<ClientSettings, TimeSpan?>(
            OptionTypes.Duration(DurationUnit.Seconds, why: "expected a duration of at most 1000h, such as 5s: an ejected endpoint is tried again").OrNothing(),
            static client => client.FailurePenalty,
            static (client, penalty) => client.FailurePenalty = penalty)
        {
            Key = "failFast.failurePenaltySecs",
            Default = "5",
            Help = "First back-off of an ejected endpoint; it doubles with each further failure, up to 300 s",
        },
        new ConfigurationOption<ClientSettings, int?>(OptionTypes.Count("attempts", 0, 1000).OrNothing(), static client => client.Retries, static (client, retries) => client.Retries = retries)
        {
            Key = "retries",
            Argument = "retries",
            ValueName = "N",
            Default = "2",
            Help = "Maximum number of further attempts of a session whose connect failed, within a budget of 0.2 per session and 10 per second. Refusals by healthy endpoints do not count",
        },
        new ConfigurationOption<ClientSettings, double?>(OptionTypes.Fraction("retries", null, 1_000_000_000).OrNothing(), static client => client.RetriesPerSession, static (client, retries) => client.RetriesPerSession = retries)
        {
            Key = "retryBudget.perSession",
            Default = "0.2",
            Help = "Number of retries that each session adds to the retry budget of its name",
        },
        new ConfigurationOption<ClientSettings, double?>(OptionTypes.Fraction("retries", null, 1_000_000_000).OrNothing(), static client => client.RetriesPerSecond, static (client, retries) => client.RetriesPerSecond = retries)
        {
            Key = "retryBudget.perSecond",
            Default = "10",
            Help = "Number of retries that each second adds to the retry budget of a name",
        },
        new ConfigurationOption<ClientSettings, TimeSpan?>(Duration, static client => client.CheckInterval, static (client, interval) => client.CheckInterval = interval)
        {
            Key = "activeCheck.intervalMs",
            Argument = "active-check",
            ValueName = "INTERVAL",
            Default = "off",
            Help = "Check each endpoint at this interval, a DURATION; a check takes at most 1s, or the interval if shorter; 3 failures eject it, 2 successes bring it back",
        },
        new ConfigurationOption<ClientSettings, TimeSpan?>(
            OptionTypes.Duration(why: "expected a duration of at most 1000h, such as 1s: a check that is never over says nothing").OrNothing(),
            static client => client.CheckTimeout,
            static (client, time) => client.CheckTimeout = time)
        {
            Key = "activeCheck.timeoutMs",
            Default = "the interval, or 1s if that is less",
            Help = "Maximum time of a check, until the last expected byte",
        },
        new ConfigurationOption<ClientSettings, int?>(OptionTypes.Count("checks", 1, 1_000_000).OrNothing(), static client => client.CheckRise, static (client, checks) => client.CheckRise = checks)
        {
            Key = "activeCheck.rise",
            Default = "2",
            Help = "Number of consecutive checks that must pass before an endpoint that is down is up",
        },
        new ConfigurationOption<ClientSettings, int?>(OptionTypes.Count("checks", 1, 1_000_000).OrNothing(), static client => client.CheckFall, static (client, checks) => client.CheckFall = checks)
        {
            Key = "activeCheck.fall",
            Default = "3",
            Help = "Number of consecutive checks that must fail before an endpoint is down",
        },
        new ConfigurationOption<ClientSettings, ReadOnlyMemory<byte>?>(OptionTypes.Bytes.OrNothing(), static client => client.CheckSend, static (client, bytes) => client.CheckSend = bytes)
        {
            Key = "activeCheck.send",
            IsSecret = true,
            Argument = "check-send",
            ValueName = "TEXT",
            Default = "off",
            Help = @"Bytes that an active check sends, with \r \n \t \\ and \xNN",
        },
        new ConfigurationOption<ClientSettings, ReadOnlyMemory<byte>?>(OptionTypes.Bytes.OrNothing(), static client => client.CheckExpect, static (client, bytes) => client.CheckExpect = bytes)
        {
            Key = "activeCheck.expect",
            Argument = "check-expect",
            ValueName = "TEXT",
            Default = "off",
            Help = "Bytes that an active check must receive; otherwise it has failed",
        },
        new ConfigurationOption<ClientSettings, TimeSpan?>(Duration, static client => client.DrainTimeout, static (client, time) => client.DrainTimeout = time)
        {
            Key = "drainTimeoutMs",
            Default = "off",
            Help = "Maximum time that sessions continue after their endpoint was drained or removed; each ends at a random time between half and all of it",
        },
        new ConfigurationOption<ClientSettings, bool?>(
            OptionTypes.Choice(ignoreCase: false, ("keep", false), ("clear", true)).OrNothing(), static client => client.ClearOnNegative, static (client, clear) => client.ClearOnNegative = clear)
        {
            Key = "onNegative",
            Default = "keep for namerd, clear for names that are bound by the proxy",
            Help = "Whether the endpoints of a name that does not exist any more are kept or cleared",
        },
    ];

    /// <summary>Gets the options that settings of several prefixes merge.</summary>
    public static IReadOnlyList<ConfigurationOption> Merged { get; } =
        [.. SessionOptions.All.Concat(ClientAddressOptions.All).Concat(TlsOptions.All).Concat(All).Where(static option => option.ModelType == typeof(ClientSettings) && option.Key is not null and not "prefix")];
}
