using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Cli.Logging;

/// <summary>Loggers of lines: each event is a line in a queue. Any thread.</summary>
/// <param name="lines">Formats the lines.</param>
/// <param name="queue">Receives them; it is disposed with the provider.</param>
internal sealed class LineLoggerProvider(LineFormatter lines, LineQueue queue) : ILoggerProvider
{
    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new LineLogger(categoryName, lines, queue);

    /// <inheritdoc/>
    public void Dispose() => queue.Dispose();

    private sealed class LineLogger(string category, LineFormatter lines, LineQueue queue) : ILogger
    {
        [ThreadStatic]
        private static StringWriter? Writer;

        /// <inheritdoc/>
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        /// <inheritdoc/>
        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        /// <inheritdoc/>
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Writer ??= new StringWriter();
            var line = Writer.GetStringBuilder().Clear();
            lines.Write(new LogEntry<TState>(logLevel, category, eventId, state, exception, formatter), Writer);
            if (line.Length > 0)
            {
                queue.Add(line.ToString());
            }
        }
    }
}
