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
    public static bool IsSupported(TransportEngine engine) => engine != TransportEngine.Epoll || (OperatingSystem.IsLinux() && EpollTransport.IsSupported);

    /// <summary>Creates the engine that the options specify; the caller disposes it.</summary>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    /// <exception cref="PlatformNotSupportedException">The options specify epoll, which this platform does not support.</exception>
    /// <exception cref="TransportException">The options specify epoll, and the kernel refuses it. <see cref="TransportEngine.Auto"/> falls back to sockets, and logs that.</exception>
    public static ITransport Create(TransportOptions? options = null)
    {
        options = OptionsValidator.Validated((options ?? new()).Copy(), static (options, validator) => options.Validate(validator));
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
