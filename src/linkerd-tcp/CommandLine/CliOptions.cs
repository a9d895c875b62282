using System.Net;

namespace Linkerd.Tcp.Cli;

/// <summary>Every option there is, in the order of the help text. The first ones, their short forms, defaults and words are the original's.</summary>
internal static partial class CliOptions
{
    private const int SecondsPerDay = 24 * 60 * 60;

    public static FlagOption HelpFlag { get; } = new('h', "help", "Prints help information");

    public static FlagOption VersionFlag { get; } = new('V', "version", "Prints version information");

    public static ValuesOption<IPEndPoint> Listen { get; } = new(
        'l',
        "listen-addr",
        "ADDR",
        "Accept connections on the given local address and port",
        "0.0.0.0:7575",
        AddressText.ParseListen);

    public static ValueOption<int> WindowSize { get; } = new(
        'w', "window-size-kb", "KB", "Most KB held of each direction of a session", "64", text => NumberText.Parse(text, 1, 65536, "KB"));

    public static ValueOption<TimeSpan> ConnectTimeout { get; } = Duration(
        "connect-timeout", "Longest from accept to a server connection, resolution and all attempts included", "10s");

    public static ValueOption<TimeSpan> AttemptTimeout { get; } = Duration(
        "attempt-timeout", "Longest attempt to connect to one server", "3s");

    public static ValueOption<TimeSpan> IdleTimeout { get; } = Duration(
        "idle-timeout", "End a session after so long without a byte either way", "off");

    public static ValueOption<TimeSpan> HalfCloseTimeout { get; } = Duration(
        "half-close-timeout", "Once one direction has ended: end after so long without a byte in the other", "60s");

    public static ValueOption<TimeSpan> Lifetime { get; } = Duration(
        "lifetime", "End a session at this age (give or take a tenth), whatever it does", "off");

    public static ValueOption<int?> MaxSessions { get; } = new(
        null,
        "max-sessions",
        "N",
        "Most sessions at once, further clients wait; auto: (descriptor limit - 200) / 2",
        "auto",
        text => text == "auto" ? null : NumberText.Parse(text, 1, 100_000_000, "sessions"));

    /// <summary>Null: as many as the kernel allows.</summary>
    public static ValueOption<int?> Backlog { get; } = new(
        null,
        "backlog",
        "N",
        "Most connections that the kernel completes before they are accepted; auto: what it allows (net.core.somaxconn), the ceiling of N too",
        "auto",
        text => text == "auto" ? null : NumberText.Parse(text, 1, int.MaxValue, "connections"));

    public static ValueOption<TimeSpan> TcpUserTimeout { get; } = new(
        null,
        "tcp-user-timeout",
        "DURATION",
        "End a connection, either side, whose peer has not acknowledged bytes, or has read nothing, for this long (TCP_USER_TIMEOUT)",
        "off",
        ParseUserTimeout);

    public static ValueOption<TransportEngine> Transport { get; } = new(
        null, "transport", "ENGINE", "What carries connections: epoll (Linux), sockets, or auto: epoll where it runs", "auto", ParseEngine);

    public static ValueOption<int?> Loops { get; } = new(
        null,
        "loops",
        "N",
        "Event loops of the epoll transport, a thread each; auto: one for each processor",
        "auto",
        text => text == "auto" ? null : NumberText.Parse(text, 1, 1024, "loops"));

    public static ValueOption<TimeSpan> Grace { get; } = new(
        null,
        "grace",
        "DURATION",
        "After SIGTERM, SIGINT or SIGQUIT: how long sessions may take to finish; a second signal ends them at once",
        "10s",
        text => DurationText.Parse(text, allowZero: true));

    public static ValueOption<TimeSpan> Stats { get; } = new(
        null,
        "stats",
        "SECS",
        "Log a summary of all metrics every SECS seconds",
        "off",
        text => text == "off" ? Timeout.InfiniteTimeSpan : ParseSeconds(text));

    /// <summary>What only prints.</summary>
    public static IReadOnlyList<CliOption> Flags { get; } = [HelpFlag, VersionFlag];

    /// <summary>The original's options.</summary>
    public static IReadOnlyList<CliOption> Original => [Listen, NamerdAddress, NamerdInterval, NamerdNamespace, WindowSize];

    /// <summary>What came since.</summary>
    public static IReadOnlyList<CliOption> Added =>
    [
        .. LocalNaming, .. NamerdNaming, StateDirectory, ConnectTimeout, AttemptTimeout, IdleTimeout, HalfCloseTimeout, Lifetime, TcpUserTimeout, MaxSessions, Backlog,
        .. Clients,
        Balancer, HashBalanceFactor, MaxConnectionsPerEndpoint, MaxWaiters, MinConnections, SlowStart, FailFast, Retries, ActiveCheck, CheckSend, CheckExpect,
        Transport, Loops, Grace, Stats,
    ];

    private static ValueOption<TimeSpan> Duration(string name, string help, string defaultText) =>
        new(null, name, "DURATION", help, defaultText, text => DurationText.Parse(text));

    private static TransportEngine ParseEngine(string text) => text switch
    {
        "auto" => TransportEngine.Auto,
        "epoll" => TransportEngine.Epoll,
        "sockets" => TransportEngine.Sockets,
        _ => throw new InvalidValueException("expected auto, epoll or sockets"),
    };

    // The kernel counts it in milliseconds, in 31 bits (tcp(7)).
    private static TimeSpan ParseUserTimeout(string text) => DurationText.Parse(text) is var time && time <= TimeSpan.FromHours(596)
        ? time
        : throw new InvalidValueException("too long; expected a duration of at most 596h, or off");

    private static TimeSpan ParseSeconds(string text) => TimeSpan.FromSeconds(NumberText.Parse(text, 1, SecondsPerDay, "seconds"));
}
