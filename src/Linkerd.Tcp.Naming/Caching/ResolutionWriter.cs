namespace Linkerd.Tcp.Naming.Caching;

/// <summary>Writes the sets of one name, the last one of each interval, without blocking the caller. One thread at a time.</summary>
internal sealed class ResolutionWriter(ResolutionFile file, CachingResolverOptions options) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private EndpointSet? _waiting;
    private Task _writing = Task.CompletedTask;

    public void Put(EndpointSet endpoints)
    {
        lock (_lock)
        {
            _waiting = endpoints;
            if (_writing.IsCompleted)
            {
                _writing = Task.Run(WriteAsync);
            }
        }
    }

    /// <summary>Writes the pending set, if there is one.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _writing.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task WriteAsync()
    {
        while (Take() is { } endpoints)
        {
            file.Write(endpoints);
            await Task.Delay(options.WriteInterval, options.TimeProvider, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private EndpointSet? Take()
    {
        lock (_lock)
        {
            var endpoints = _waiting;
            _waiting = null;
            if (endpoints is null)
            {
                // Under the lock, so that a set that comes now starts a new task.
                _writing = Task.CompletedTask;
            }

            return endpoints;
        }
    }
}
