using System.Threading.Channels;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Cli.Resolving;

/// <summary>Follows a name until it is disposed: its binding, and the addresses of each leaf. For one reader.</summary>
internal sealed class NameObserver : IAsyncDisposable
{
    private readonly IInterpreter _interpreter;
    private readonly TimeProvider _timeProvider;
    private readonly Channel<Func<NameSnapshot, NameSnapshot>> _changes = Channel.CreateUnbounded<Func<NameSnapshot, NameSnapshot>>(new() { SingleReader = true });
    private readonly Dictionary<DstPath, CancellationTokenSource> _leaves = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private Task<bool>? _waiting;

    /// <summary>Begins.</summary>
    public NameObserver(IInterpreter interpreter, DstPath name, TimeProvider timeProvider)
    {
        _interpreter = interpreter;
        _timeProvider = timeProvider;
        _running = FollowBindingAsync(name, _stop.Token);
    }

    /// <summary>The known state, as of the last wait.</summary>
    public NameSnapshot Current { get; private set; } = NameSnapshot.Nothing;

    /// <summary>Waits for a change, up to a time.</summary>
    /// <returns>True if there was one.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<bool> WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        _waiting ??= _changes.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
        try
        {
            await _waiting.WaitAsync(atMost, _timeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return false;
        }

        _waiting = null;
        var ids = Current.Ids;
        while (_changes.Reader.TryRead(out var change))
        {
            Current = change(Current);
        }

        if (!ReferenceEquals(ids, Current.Ids))
        {
            FollowLeaves(Current.Ids);
        }

        return true;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var leaf in _leaves.Values)
        {
            leaf.Dispose();
        }

        _stop.Dispose();
    }

    private async Task FollowBindingAsync(DstPath name, CancellationToken cancellationToken)
    {
        await foreach (var binding in _interpreter.BindAsync(name, cancellationToken).ConfigureAwait(false))
        {
            _changes.Writer.TryWrite(snapshot => snapshot.With(binding));
        }
    }

    private void FollowLeaves(IReadOnlySet<DstPath> ids)
    {
        foreach (var gone in _leaves.Keys.Where(id => !ids.Contains(id)).ToList())
        {
            _leaves.Remove(gone, out var stop);
            stop!.Cancel();
            stop.Dispose();
        }

        foreach (var id in ids.Where(id => !_leaves.ContainsKey(id)))
        {
            var stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            _leaves.Add(id, stop);
            _ = FollowLeafAsync(id, stop.Token);
        }
    }

    private async Task FollowLeafAsync(DstPath id, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var state in _interpreter.ResolveIdAsync(id, cancellationToken).ConfigureAwait(false))
            {
                _changes.Writer.TryWrite(snapshot => cancellationToken.IsCancellationRequested ? snapshot : snapshot.With(id, state));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The normal end of a watch.
        }
    }
}
