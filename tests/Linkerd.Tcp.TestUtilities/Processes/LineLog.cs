namespace Linkerd.Tcp.TestUtilities;

/// <summary>The lines that a process printed so far, to be waited for. Any thread.</summary>
public sealed class LineLog(string owner)
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isComplete;

    /// <summary>All lines so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>All lines so far, as one text.</summary>
    public string Text => string.Join('\n', Lines);

    /// <summary>Waits until a line fits, among those that are there already too.</summary>
    /// <param name="predicate">What fits.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="skip">How many of the first lines do not count.</param>
    /// <returns>The line.</returns>
    /// <exception cref="InvalidOperationException">The output ended without it; the message has all lines.</exception>
    /// <exception cref="TimeoutException">It did not come within 30 s; the message has all lines.</exception>
    public async Task<string> WaitForAsync(Func<string, bool> predicate, CancellationToken cancellationToken, int skip = 0)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                for (; skip < _lines.Count; skip++)
                {
                    if (predicate(_lines[skip]))
                    {
                        return _lines[skip];
                    }
                }

                if (_isComplete)
                {
                    throw new InvalidOperationException($"{owner} ended without the line that was waited for; it printed:\n{Text}");
                }

                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);
            }
            catch (TimeoutException)
            {
                throw new TimeoutException($"{owner} has not printed the line that is waited for; it printed:\n{Text}");
            }
        }
    }

    internal async Task FillAsync(TextReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            Signal(() => _lines.Add(line));
        }

        Signal(() => _isComplete = true);
    }

    private void Signal(Action change)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            change();
            changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }
}
