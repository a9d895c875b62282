using Linkerd.Tcp.Cli.Streams;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli.Logging;

/// <summary>Creates the loggers of the process.</summary>
internal static class StandardErrorLogging
{
    /// <summary>
    /// Creates a factory whose loggers write to stderr. A thread of its own does the writing; if that cannot keep up, messages are dropped and
    /// their number is written, as no thread may wait for a terminal. Disposing it writes the queued messages.
    /// </summary>
    /// <param name="levels">The filter, which the loggers follow.</param>
    /// <param name="timeProvider">The clock.</param>
    public static LoggerFactory Create(LogLevels levels, TimeProvider timeProvider)
    {
        var factory = new LoggerFactory([], levels);

        // Providers given to the constructor are not disposed with the factory, and it is disposing that flushes.
        factory.AddProvider(new LineLoggerProvider(new LineFormatter(timeProvider, () => levels.Current.Containing), new LineQueue(StandardStreams.OpenError(), timeProvider)));
        return factory;
    }
}
