namespace Linkerd.Tcp.Hosting.Options;

/// <summary>The options of sessions: their times, and how many there may be.</summary>
internal static class SessionOptions
{
    private const int MostSessions = 100_000_000;

    public static IReadOnlyList<ConfigurationOption> All { get; } =
    [
        new ConfigurationOption<ServerConfiguration, TimeSpan>(OptionTypes.Duration(), static server => server.ConnectTimeout, static (server, time) => server.ConnectTimeout = time)
        {
            Key = "connectTimeoutMs",
            Argument = "connect-timeout",
            ValueName = "DURATION",
            Default = "10s",
            Help = "Longest from accept to a server connection, resolution and all attempts included",
        },
        new ConfigurationOption<ClientSettings, TimeSpan?>(OptionTypes.Duration().OrNothing(), static client => client.ConnectTimeout, static (client, time) => client.ConnectTimeout = time)
        {
            Key = "connectTimeoutMs",
            Argument = "attempt-timeout",
            ValueName = "DURATION",
            Default = "3s",
            Help = "Longest attempt to connect to one server",
            Details = "With 3 s the kernel repeats a lost first segment once, after 1 s.",
        },
        new ConfigurationOption<ServerConfiguration, TimeSpan>(OptionTypes.Duration(), static server => server.IdleTimeout, static (server, time) => server.IdleTimeout = time)
        {
            Key = "idleTimeoutMs",
            Argument = "idle-timeout",
            ValueName = "DURATION",
            Default = "off",
            Help = "End a session after so long without a byte either way",
        },
        new ConfigurationOption<ServerConfiguration, TimeSpan>(OptionTypes.Duration(), static server => server.HalfCloseTimeout, static (server, time) => server.HalfCloseTimeout = time)
        {
            Key = "halfCloseTimeoutMs",
            Argument = "half-close-timeout",
            ValueName = "DURATION",
            Default = "60s",
            Help = "Once one direction has ended: end after so long without a byte in the other",
        },
        new ConfigurationOption<ServerConfiguration, TimeSpan>(OptionTypes.Duration(), static server => server.FirstByteTimeout, static (server, time) => server.FirstByteTimeout = time)
        {
            Key = "firstByteTimeoutMs",
            Default = "off",
            Help = "Longest from the first byte of the client to the first byte of the server",
        },
        new ConfigurationOption<ServerConfiguration, TimeSpan>(OptionTypes.Duration(DurationUnit.Seconds), static server => server.ConnectionLifetime, static (server, time) => server.ConnectionLifetime = time)
        {
            Key = "connectionLifetimeSecs",
            Argument = "lifetime",
            ValueName = "DURATION",
            Default = "off",
            Help = "End a session at this age (give or take a tenth), whatever it does",
        },
        new ConfigurationOption<ProxyConfiguration, TimeSpan>(
            OptionTypes.Duration(longest: TimeSpan.FromHours(596)), static proxy => proxy.TcpUserTimeout, static (proxy, time) => proxy.TcpUserTimeout = time)
        {
            Key = "tcpUserTimeoutMs",
            Argument = "tcp-user-timeout",
            ValueName = "DURATION",
            Default = "off",
            Help = "End a connection, either side, whose peer has not acknowledged bytes, or has read nothing, for this long (TCP_USER_TIMEOUT)",
            Details = "Also ends connections to peers that are alive and read slowly (RFC 5482). The kernel counts it in milliseconds, in 31 bits. Linux only.",
        },
        new ConfigurationOption<ProxyConfiguration, int?>(OptionTypes.Count("sessions", 1, MostSessions).OrNothing("auto"), static proxy => proxy.MaxSessions, static (proxy, most) => proxy.MaxSessions = most)
        {
            Key = "maxSessions",
            Argument = "max-sessions",
            ValueName = "N",
            Default = "auto",
            Help = "Most sessions at once, further clients wait; auto: (descriptor limit - 200) / 2",
            Details = "Counted for each router.",
        },
        new ConfigurationOption<ServerConfiguration, int?>(OptionTypes.Count("connections", 1, int.MaxValue).OrNothing("auto"), static server => server.Backlog, static (server, most) => server.Backlog = most)
        {
            Key = "backlog",
            Argument = "backlog",
            ValueName = "N",
            Default = "auto",
            Help = "Most connections that the kernel completes before they are accepted; auto: what it allows (net.core.somaxconn), the ceiling of N too",
        },
        new ConfigurationOption<ServerConfiguration, int>(OptionTypes.Count("sessions", 1, MostSessions, zeroWord: "off"), static server => server.MaxConcurrency, static (server, most) => server.MaxConcurrency = most)
        {
            Key = "maxConcurrency",
            Default = "off",
            Help = "Most sessions of this server at once, further clients wait",
        },
        new ConfigurationOption<ServerConfiguration, int>(
            OptionTypes.Count("sessions", 1, MostSessions, zeroWord: "off"), static server => server.MaxSessionsPerClient, static (server, most) => server.MaxSessionsPerClient = most)
        {
            Key = "maxSessionsPerClient",
            Default = "off",
            Help = "Most sessions of one client address at once, at this server; further ones are reset",
            Details = "IPv6 addresses count by their /64, all of which one subscriber has (RFC 6177).",
        },
        new ConfigurationOption<ServerConfiguration, double?>(OptionTypes.Fraction("sessions a second", 0, 1_000_000_000).OrNothing("off"), static server => server.AcceptRate, static (server, rate) => server.AcceptRate = rate)
        {
            Key = "acceptRate",
            Default = "off",
            Help = "Most sessions that begin in a second, over time; further clients are reset",
        },
        new ConfigurationOption<ServerConfiguration, int?>(OptionTypes.Count("sessions", 1, MostSessions).OrNothing("auto"), static server => server.AcceptBurst, static (server, burst) => server.AcceptBurst = burst)
        {
            Key = "acceptBurst",
            Default = "auto",
            Help = "How many sessions may begin at once in spite of acceptRate; auto: one second's worth",
        },
        new ConfigurationOption<ServerConfiguration, bool>(OptionTypes.Flag, static server => server.AbortOnClose, static (server, abort) => server.AbortOnClose = abort)
        {
            Key = "abortOnClose",
            Default = "false",
            Help = "Whether a client that sends its FIN while its session waits for a server connection is taken for gone",
        },
    ];
}
