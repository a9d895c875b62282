using System.Diagnostics;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>What was asked, counted, and ways to wait for more of it. Any thread.</summary>
internal sealed class StandInCounters(Action<string>? log = null)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Lock _lock = new();
    private readonly List<string> _requests = [];
    private readonly List<IReadOnlyDictionary<string, string>> _headers = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Connections { get; private set; }

    public int Watches { get; private set; }

    public int Events { get; private set; }

    public long LastEventAt { get; private set; }

    public int RequestCount
    {
        get
        {
            lock (_lock)
            {
                return _requests.Count;
            }
        }
    }

    public string[] Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests];
            }
        }
    }

    public IReadOnlyDictionary<string, string>[] Headers
    {
        get
        {
            lock (_lock)
            {
                return [.. _headers];
            }
        }
    }

    public void Connection() => Change(() => Connections++);

    public void Event() => Change(() =>
    {
        Events++;
        LastEventAt = Stopwatch.GetTimestamp();
    });

    public void Request(string line, IReadOnlyDictionary<string, string> headers)
    {
        if (log is not null)
        {
            log(line);
            return;
        }

        Change(() =>
        {
            _requests.Add(line);
            _headers.Add(headers);
        });
    }

    public IDisposable OpenWatch()
    {
        Change(() => Watches++);
        return new Closing(() => Change(() => Watches--));
    }

    /// <summary>Waits until something holds of the counters.</summary>
    /// <exception cref="TimeoutException">They have not changed for 30 s.</exception>
    public async Task WaitAsync(Func<StandInCounters, bool> condition, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (condition(this))
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(Patience, cancellationToken);
        }
    }

    private void Change(Action change)
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

    private sealed class Closing(Action close) : IDisposable
    {
        public void Dispose() => close();
    }
}
