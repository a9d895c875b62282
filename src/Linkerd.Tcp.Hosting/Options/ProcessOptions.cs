using Linkerd.Tcp.Security;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Hosting.Options;

/// <summary>The options of the process.</summary>
internal static class ProcessOptions
{
    public static IReadOnlyList<ConfigurationOption> All { get; } =
    [
        new ConfigurationOption<ProxyConfiguration, int>(OptionTypes.Kilobytes, static proxy => proxy.BufferSizeBytes, static (proxy, size) => proxy.BufferSizeBytes = size)
        {
            Key = "bufferSizeBytes",
            Argument = "window-size-kb",
            Letter = 'w',
            ValueName = "KB",
            Default = "64",
            Help = "Maximum number of KB that each direction of a session buffers",
            Details = "The command line counts KB of 1024 bytes, the key bytes. The buffers of the kernel are not included. An idle session buffers nothing.",
        },
        new ConfigurationOption<ProxyConfiguration, TransportEngine>(
            OptionTypes.Choice(ignoreCase: false, ("auto", TransportEngine.Auto), ("epoll", TransportEngine.Epoll), ("sockets", TransportEngine.Sockets)),
            static proxy => proxy.Transport,
            static (proxy, engine) => proxy.Transport = engine)
        {
            Key = "transport",
            Argument = "transport",
            ValueName = "ENGINE",
            Default = "auto",
            Help = "Transport engine: epoll (Linux), sockets, or auto: epoll if it is available",
        },
        new ConfigurationOption<ProxyConfiguration, int?>(OptionTypes.Count("loops", 1, 1024).OrNothing("auto"), static proxy => proxy.Loops, static (proxy, loops) => proxy.Loops = loops)
        {
            Key = "loops",
            Argument = "loops",
            ValueName = "N",
            Default = "auto",
            Help = "Number of event loops of the epoll transport, one thread each; auto: one for each processor",
        },
        new ConfigurationOption<ProxyConfiguration, TlsProviderKind>(
            OptionTypes.Choice(ignoreCase: false, ("auto", TlsProviderKind.Auto), ("openssl", TlsProviderKind.OpenSsl), ("dotnet", TlsProviderKind.DotNet)),
            static proxy => proxy.TlsProvider,
            static (proxy, provider) => proxy.TlsProvider = provider)
        {
            Key = "tlsProvider",
            Argument = "tls-provider",
            ValueName = "auto|openssl|dotnet",
            Default = "auto",
            Help = "Library of TLS: OpenSSL's libssl (openssl, with the epoll transport), .NET's SslStream (dotnet), or auto: libssl if it can be used",
            Details = "`openssl` is an error where it cannot be used. TLS to namerd and of the admin server is always that of .NET.",
        },
        new ConfigurationOption<ProxyConfiguration, TimeSpan>(OptionTypes.Duration(DurationUnit.Seconds, allowZero: true), static proxy => proxy.Grace, static (proxy, grace) => proxy.Grace = grace)
        {
            Key = "graceSecs",
            Argument = "grace",
            ValueName = "DURATION",
            Default = "10s",
            Help = "Time for sessions to finish after SIGTERM, SIGINT or SIGQUIT; a second signal ends them at once",
        },
        new ConfigurationOption<ProxyConfiguration, TimeSpan>(OptionTypes.SecondsOrOff, static proxy => proxy.StatsInterval, static (proxy, interval) => proxy.StatsInterval = interval)
        {
            Key = "statsIntervalSecs",
            Argument = "stats",
            ValueName = "SECS",
            Default = "off",
            Help = "Log a summary of all metrics every SECS seconds",
        },
        new ConfigurationOption<ProxyConfiguration, bool>(OptionTypes.Flag, static proxy => proxy.WatchConfig, static (proxy, watch) => proxy.WatchConfig = watch)
        {
            Key = "watchConfig",
            Argument = "watch-config",
            Default = "false",
            Help = "Reload the configuration file within 2 s of a change; without it, SIGHUP reloads it",
        },
        new ConfigurationOption<ProxyConfiguration, int>(
            OptionTypes.Count("endpoints", 0, 1_000_000), static proxy => proxy.Metrics.MaxEndpoints, static (proxy, maximum) => proxy.Metrics.MaxEndpoints = maximum)
        {
            Key = "metrics.maxEndpoints",
            Default = "1000",
            Help = "Maximum number of endpoints of a router that have series of their own in the metrics, up to ten each",
            Details = "linkerd.tcp.endpoints.omitted counts those without. 0 turns these series off.",
        },
    ];
}
