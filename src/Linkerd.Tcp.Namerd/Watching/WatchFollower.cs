using Linkerd.Tcp.Namerd.Documents;

namespace Linkerd.Tcp.Namerd.Watching;

/// <summary>
/// Follows one watch to its end: passes on its states, renews it when it is old, and renews it at once when a poll beside it shows that it is stale. For
/// one run.
/// </summary>
internal sealed class WatchFollower<TState>
    where TState : class
{
    private readonly NameSetup<TState> _setup;
    private readonly WatchRenewal<TState> _renewals;
    private readonly WatchCheck<TState>? _checks;
    private readonly CancellationTokenSource _stop;
    private DocumentStream<TState> _stream;
    private Task<DocumentBatch<TState>> _next;
    private Task<RenewedWatch<TState>> _renewal;
    private TaskCompletionSource _hurry = new();
    private Task<CheckedState<TState>> _check;
    private long _opened;
    private bool _answered;
    private bool _told;

    public WatchFollower(NameSetup<TState> setup, DocumentStream<TState> stream, CancellationToken cancellationToken)
    {
        _setup = setup;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _renewals = new WatchRenewal<TState>(setup);
        _checks = setup.ChecksWatches ? new WatchCheck<TState>(setup, _stop.Token) : null;
        _stream = stream;
        _opened = setup.Options.TimeProvider.GetTimestamp();
        _renewal = _renewals.RenewAsync(stream.Server, _hurry.Task, _stop.Token);
        _check = NextCheck();
        _next = stream.NextAsync();
    }

    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<WatchOutcome> RunAsync()
    {
        try
        {
            while (true)
            {
                await Task.WhenAny(_next, _renewal, _check).ConfigureAwait(false);
                var batch = _renewal.IsCompleted ? await TakeRenewedAsync().ConfigureAwait(false)
                    : _next.IsCompleted ? await _next.ConfigureAwait(false)
                    : await TakeCheckedAsync().ConfigureAwait(false);
                if (batch is not { } arrived)
                {
                    continue;
                }

                Report(arrived);
                if (arrived.End is { } end)
                {
                    return new WatchOutcome(
                        Streamed: true, _answered, _told, _setup.Options.TimeProvider.GetElapsedTime(_opened), _stream.Server, end);
                }

                _next = _stream.NextAsync();
            }
        }
        finally
        {
            await StopAsync().ConfigureAwait(false);
        }
    }

    private void Report(DocumentBatch<TState> batch)
    {
        foreach (var document in batch.Documents)
        {
            _setup.Report.Document(document, _stream.Server);
            _answered |= document.IsAnswer;
            _told = true;
            _checks?.Heard(document.State);
        }
    }

    private async Task<DocumentBatch<TState>?> TakeRenewedAsync()
    {
        var renewed = await _renewal.ConfigureAwait(false);
        await CloseAsync(_stream, _next).ConfigureAwait(false);
        _stream = renewed.Stream;
        _opened = _setup.Options.TimeProvider.GetTimestamp();
        _hurry = new TaskCompletionSource();
        _renewal = _renewals.RenewAsync(_stream.Server, _hurry.Task, _stop.Token);
        _setup.Report.Renewed(_stream.Server);
        return renewed.First;
    }

    private async Task<DocumentBatch<TState>?> TakeCheckedAsync()
    {
        var found = await _check.ConfigureAwait(false);
        if (found.Document is { } document)
        {
            _setup.Report.Document(document, found.Server);
            _checks!.Took(document.State);
        }
        else if (found.IsStale)
        {
            _setup.Report.Stale(_stream.Server, found.State!);
            _hurry.TrySetResult();
        }

        _check = NextCheck();
        return null;
    }

    // If there are no checks it never ends, and nothing is held for it.
    private Task<CheckedState<TState>> NextCheck() => _checks?.NextAsync(_stream.Server) ?? WatchCheck<TState>.Never;

    private async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await ((Task)_renewal).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_renewal.IsCompletedSuccessfully)
        {
            // It came too late to be of use, or the watch ended while it came.
            var unused = await _renewal.ConfigureAwait(false);
            if (unused.Stream != _stream)
            {
                unused.Stream.Dispose();
            }
        }

        if (_checks is not null)
        {
            await ((Task)_check).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await CloseAsync(_stream, _next).ConfigureAwait(false);
        _stop.Dispose();
    }

    private static async Task CloseAsync(DocumentStream<TState> stream, Task<DocumentBatch<TState>> next)
    {
        stream.Cancel();
        await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stream.Dispose();
    }
}
