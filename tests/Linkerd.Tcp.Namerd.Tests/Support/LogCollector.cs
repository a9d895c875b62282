using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Namerd;

/// <summary>Keeps what is logged.</summary>
internal sealed class LogCollector : ILoggerFactory, ILogger
{
    private readonly Lock _lock = new();
    private readonly List<(LogLevel Level, string Message)> _entries = [];
    private TaskCompletionSource _added = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<string> Of(LogLevel level)
    {
        lock (_lock)
        {
            return [.. _entries.Where(entry => entry.Level == level).Select(entry => entry.Message)];
        }
    }

    /// <summary>Waits until there is a line with these words.</summary>
    public async Task WaitForAsync(string words)
    {
        while (true)
        {
            Task added;
            lock (_lock)
            {
                if (_entries.Exists(entry => entry.Message.Contains(words, StringComparison.Ordinal)))
                {
                    return;
                }

                added = _added.Task;
            }

            await added.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }
    }

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lock)
        {
            _entries.Add((logLevel, formatter(state, exception)));
            _added.TrySetResult();
            _added = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}
