using Linkerd.Tcp.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Infrastructure;

/// <summary>Protects the caller from loggers that throw. Any thread. For the packages of this project; it may change in any version.</summary>
public static class LoggerGuard
{
    /// <summary>Returns a logger that drops the exceptions of another one.</summary>
    public static ILogger Guard(ILogger logger) => new GuardedLogger(logger);
}
