using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Cli.Logging;

/// <summary>Formats each event as one line, like env_logger: <c>[2026-11-23T10:47:00.123Z INFO  Linkerd.Tcp.Namerd] message</c>.</summary>
/// <param name="timeProvider">The clock.</param>
/// <param name="containing">Gets the text that messages must have to be printed; null for all.</param>
internal sealed class LineFormatter(TimeProvider timeProvider, Func<string?> containing)
{
    /// <summary>Writes the line of an event; nothing if its message does not contain the text.</summary>
    public void Write<TState>(in LogEntry<TState> logEntry, TextWriter textWriter)
    {
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        if (containing() is { } text && !message.Contains(text, StringComparison.Ordinal))
        {
            return;
        }

        textWriter.Write('[');
        textWriter.Write(timeProvider.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        textWriter.Write(' ');
        textWriter.Write(Print(logEntry.LogLevel));
        textWriter.Write(' ');
        textWriter.Write(logEntry.Category);
        textWriter.Write("] ");
        WriteOnOneLine(textWriter, message);
        if (logEntry.Exception is { } exception)
        {
            textWriter.Write(": ");
            WriteOnOneLine(textWriter, exception.ToString());
        }

        textWriter.Write('\n');
    }

    // Data of peers and servers may be in a message: it must not look like lines of ours, nor control a terminal.
    private static void WriteOnOneLine(TextWriter writer, string text)
    {
        foreach (var character in text)
        {
            writer.Write(char.IsControl(character) ? ' ' : character);
        }
    }

    private static string Print(LogLevel level) => level switch
    {
        LogLevel.Trace => "TRACE",
        LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO ",
        LogLevel.Warning => "WARN ",
        _ => "ERROR",
    };
}
