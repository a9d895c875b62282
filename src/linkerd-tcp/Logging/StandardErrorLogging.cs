using Linkerd.Tcp.Cli.Streams;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli.Logging;

/// <summary>Makes the loggers of the process.</summary>
internal static class StandardErrorLogging
{
    /// <summary>
    /// A factory whose loggers write to stderr. A thread of its own does the writing; where that cannot keep up, messages are dropped and
    /// their number is written, as nobody may wait for a terminal. Disposing it writes what is still queued.
    /// </summary>
    public static LoggerFactory Create(LogDirectives directives, TimeProvider timeProvider)
    {
        var factory = new LoggerFactory([], directives.ToFilterOptions());

        // Providers given to the constructor are not disposed with the factory, and it is disposing that flushes.
        factory.AddProvider(new LineLoggerProvider(new LineFormatter(timeProvider, directives.Containing), new LineQueue(StandardStreams.OpenError(), timeProvider)));
        return factory;
    }
}
