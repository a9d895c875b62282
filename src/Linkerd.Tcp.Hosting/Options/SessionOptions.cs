namespace Linkerd.Tcp.Hosting.Options;

/// <summary>The options of sessions: their times, and their limits.</summary>
internal static class SessionOptions
{
    private const int SessionCeiling = 100_000_000;

    public static IReadOnlyList<ConfigurationOption> All { get; } =
    [
        new ConfigurationOption<ServerConfiguration, TimeSpan>(OptionTypes.Duration(), static server => server.ConnectTimeout, static (server, time) => server.ConnectTimeout = time)
        {
            Key = "connectTimeoutMs",
            Argument = "connect-timeout",
            ValueName = "DURATION",
            Default = "10s",
            Help = "Maximum time from accept to a server connection, including resolution and all attempts",
        },
        new ConfigurationOption<ClientSettings, TimeSpan?>(OptionTypes.Duration().OrNothing(), static client => client.ConnectTimeout, static (client, time) => client.ConnectTimeout = time)
        {
            Key = "connectTimeoutMs",
            Argument = "attempt-timeout",
            ValueName = "DURATION",
            Default = "3s",
            Help = "Maximum time of one attempt to connect to a server",
            Details = "With 3 s the kernel repeats a lost first segment once, after 1 s.",
        },
        new ConfigurationOption<ServerConfiguration, TimeSpan>(OptionTypes.Duration(), static server => server.IdleTimeout, static (server, time) => server.IdleTimeout = time)
        {
            Key = "idleTimeoutMs",
            Argument = "idle-timeout",
            ValueName = "DURATION",
            Default = "off",
            Help = "End a session after this time without a byte in either direction",
        },
        new ConfigurationOption<ServerConfiguration, TimeSpan>(OptionTypes.Duration(), static server => server.HalfCloseTimeout, static (server, time) => server.HalfCloseTimeout = time)
        {
            Key = "halfCloseTimeoutMs",
            Argument = "half-close-timeout",
            ValueName = "DURATION",
            Default = "60s",
            Help = "After one direction has ended, end the session after this time without a byte in the other",
        },
        new ConfigurationOption<ServerConfiguration, TimeSpan>(OptionTypes.Duration(), static server => server.FirstByteTimeout, static (server, time) => server.FirstByteTimeout = time)
        {
            Key = "firstByteTimeoutMs",
            Default = "off",
            Help = "Maximum time from the first byte of the client to the first byte of the server",
        },
        new ConfigurationOption<ServerConfiguration, TimeSpan>(OptionTypes.Duration(DurationUnit.Seconds), static server => server.ConnectionLifetime, static (server, time) => server.ConnectionLifetime = time)
        {
            Key = "connectionLifetimeSecs",
            Argument = "lifetime",
            ValueName = "DURATION",
            Default = "off",
            Help = "End a session at this age (plus or minus 10 %), even if it is active",
        },
        new ConfigurationOption<ProxyConfiguration, TimeSpan>(
            OptionTypes.Duration(longest: TimeSpan.FromHours(596)), static proxy => proxy.TcpUserTimeout, static (proxy, time) => proxy.TcpUserTimeout = time)
        {
            Key = "tcpUserTimeoutMs",
            Argument = "tcp-user-timeout",
            ValueName = "DURATION",
            Default = "off",
            Help = "End a connection on either side if its peer acknowledges no bytes, or reads nothing, for this time (TCP_USER_TIMEOUT)",
            Details = "Also ends connections to peers that are alive and read slowly (RFC 5482). The kernel counts it in milliseconds, in 31 bits. Linux only.",
        },
        new ConfigurationOption<ProxyConfiguration, int?>(OptionTypes.Count("sessions", 1, SessionCeiling).OrNothing("auto"), static proxy => proxy.MaxSessions, static (proxy, most) => proxy.MaxSessions = most)
        {
            Key = "maxSessions",
            Argument = "max-sessions",
            ValueName = "N",
            Default = "auto",
            Help = "Maximum number of concurrent sessions; further clients wait; auto: (descriptor limit - 200) / 2",
            Details = "Counted for each router.",
        },
        new ConfigurationOption<ServerConfiguration, int?>(OptionTypes.Count("connections", 1, int.MaxValue).OrNothing("auto"), static server => server.Backlog, static (server, most) => server.Backlog = most)
        {
            Key = "backlog",
            Argument = "backlog",
            ValueName = "N",
            Default = "auto",
            Help = "Maximum number of connections that the kernel completes before they are accepted; auto: its limit (net.core.somaxconn), which limits N too",
        },
        new ConfigurationOption<ServerConfiguration, int>(OptionTypes.Count("sessions", 1, SessionCeiling, zeroWord: "off"), static server => server.MaxConcurrency, static (server, most) => server.MaxConcurrency = most)
        {
            Key = "maxConcurrency",
            Default = "off",
            Help = "Maximum number of concurrent sessions of this server; further clients wait",
        },
        new ConfigurationOption<ServerConfiguration, int>(
            OptionTypes.Count("sessions", 1, SessionCeiling, zeroWord: "off"), static server => server.MaxSessionsPerClient, static (server, most) => server.MaxSessionsPerClient = most)
        {
            Key = "maxSessionsPerClient",
            Default = "off",
            Help = "Maximum number of concurrent sessions of one client address at this server; further ones are reset",
            Details = "IPv6 addresses are counted by their /64, because one subscriber has all of it (RFC 6177).",
        },
        new ConfigurationOption<ServerConfiguration, double?>(OptionTypes.Fraction("sessions a second", 0, 1_000_000_000).OrNothing("off"), static server => server.AcceptRate, static (server, rate) => server.AcceptRate = rate)
        {
            Key = "acceptRate",
            Default = "off",
            Help = "Maximum number of sessions that begin per second, on average; further clients are reset",
        },
        new ConfigurationOption<ServerConfiguration, int?>(OptionTypes.Count("sessions", 1, SessionCeiling).OrNothing("auto"), static server => server.AcceptBurst, static (server, burst) => server.AcceptBurst = burst)
        {
            Key = "acceptBurst",
            Default = "auto",
            Help = "Number of sessions that may begin at once above acceptRate; auto: those of one second",
        },
        new ConfigurationOption<ServerConfiguration, bool>(OptionTypes.Flag, static server => server.AbortOnClose, static (server, abort) => server.AbortOnClose = abort)
        {
            Key = "abortOnClose",
            Default = "false",
            Help = "Whether a client that sends its FIN while its session waits for a server connection is treated as gone",
        },
    ];
}
