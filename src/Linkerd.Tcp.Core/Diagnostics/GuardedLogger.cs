using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Diagnostics;

/// <summary>
/// A logger that throws nothing: logging is done on the way to giving something back, and on event loops and timers, and a provider that fails must not cost a
/// session or the process. Its exceptions are dropped, as there is no other place to report them.
/// </summary>
internal sealed class GuardedLogger(ILogger inner) : ILogger
{
    /// <summary>Creates a logger of a factory, which may throw as well.</summary>
    public static ILogger Create(ILoggerFactory factory, string category) => new GuardedLogger(factory.CreateLogger(category));

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return inner.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            return false;
        }
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            // Dropped.
            return;
        }
    }
}
