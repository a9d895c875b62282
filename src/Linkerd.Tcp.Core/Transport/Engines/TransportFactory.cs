using System.Diagnostics.Metrics;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Transport.Epoll;
using Linkerd.Tcp.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Transport;

/// <summary>Creates engines. Any thread.</summary>
public static partial class TransportFactory
{
    /// <summary>Gets a value that indicates whether an engine runs on this platform: epoll on Linux, on x64 and arm64, the others everywhere.</summary>
    internal static bool IsSupported(TransportEngine engine) => engine != TransportEngine.Epoll || (OperatingSystem.IsLinux() && EpollTransport.IsSupported);

    /// <summary>Makes the engine that the options ask for; it is the caller's to dispose.</summary>
    /// <param name="options">The options, which are copied; null for the defaults.</param>
    /// <param name="loggerFactory">The factory of the loggers of the engine; null: nothing is logged.</param>
    /// <param name="meter">The meter of the instruments of the engine; null: there are none.</param>
    /// <param name="timeProvider">The clock of the Sockets engine; null: the system's. Event loops run on the system's alone.</param>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    /// <exception cref="PlatformNotSupportedException">Epoll was asked for, and does not run here.</exception>
    /// <exception cref="TransportException">Epoll was asked for, and the kernel refuses it. <see cref="TransportEngine.Auto"/> then means sockets, and says so in the log.</exception>
    public static ITransport Create(TransportOptions? options = null, ILoggerFactory? loggerFactory = null, Meter? meter = null, TimeProvider? timeProvider = null)
    {
        options = OptionsValidator.Validated((options ?? new()).Copy(), static (options, validator) => options.Validate(validator));
        options.LoggerFactory ??= loggerFactory;
        options.Meter ??= meter;
        options.TimeProvider ??= timeProvider;
        if (options.Engine != TransportEngine.Sockets && OperatingSystem.IsLinux())
        {
            try
            {
                if (options.Engine == TransportEngine.Epoll || EpollTransport.IsSupported)
                {
                    return new EpollTransport(options);
                }
            }
            catch (TransportException error) when (options.Engine == TransportEngine.Auto)
            {
                if (options.LoggerFactory is { } factory)
                {
                    Log.FellBack(GuardedLogger.Create(factory, "Linkerd.Tcp.Transport"), error.Message);
                }
            }
        }
        else if (options.Engine == TransportEngine.Epoll)
        {
            throw new PlatformNotSupportedException("The epoll engine runs on Linux, on x64 and arm64; elsewhere use the sockets engine.");
        }

        return new SocketsTransport(options.TimeProvider, options.LoggerFactory);
    }

    private static partial class Log
    {
        [LoggerMessage(5030, LogLevel.Warning, "the epoll engine cannot be used here ({Error}); the sockets engine is", EventName = "EpollUnusable")]
        public static partial void FellBack(ILogger logger, string error);
    }
}
