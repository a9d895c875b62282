using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Tests.Diagnostics;

/// <summary>Keeps what is logged, whatever the category, and lets a test wait for it.</summary>
internal sealed class LogRecorder : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, int Id, string Message)> _entries = [];

    public IReadOnlyCollection<(LogLevel Level, int Id, string Message)> Entries => _entries;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_entries)
        {
            _entries.Enqueue((logLevel, eventId.Id, exception is null ? formatter(state, exception) : $"{formatter(state, exception)}: {exception.Message}"));
            Monitor.PulseAll(_entries);
        }
    }

    public int Count(int id) => _entries.Count(entry => entry.Id == id);

    /// <summary>Blocks until an entry with the id is there.</summary>
    /// <returns>Its text.</returns>
    public string WaitFor(int id, TimeSpan patience)
    {
        var until = DateTime.UtcNow + patience;
        lock (_entries)
        {
            while (Count(id) == 0)
            {
                if (until - DateTime.UtcNow is var left && left <= TimeSpan.Zero)
                {
                    throw new TimeoutException($"{id} was not logged, but: {string.Join("; ", _entries)}");
                }

                Monitor.Wait(_entries, left);
            }

            return _entries.First(entry => entry.Id == id).Message;
        }
    }

    /// <summary>Waits for an entry with the id, on a thread of its own: what logs it may need the thread of the caller, an event loop's for example.</summary>
    /// <returns>Its text.</returns>
    public Task<string> WaitForAsync(int id, TimeSpan patience) => Task.Run(() => WaitFor(id, patience));

    public void Dispose()
    {
    }
}
