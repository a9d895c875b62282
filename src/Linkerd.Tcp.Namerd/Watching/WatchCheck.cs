using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Documents;
using Linkerd.Tcp.Namerd.Servers;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd.Watching;

/// <summary>The result of a check beside a watch: a document that the watch has not sent, or a watch that has still not sent it a while later.</summary>
/// <param name="Document">A document to take; null if there is none.</param>
/// <param name="Server">The server that sent it.</param>
/// <param name="IsStale">True if the watch counts as stale.</param>
/// <param name="State">The state that it should have sent, if it is stale.</param>
internal sealed record CheckedState<TState>(NamerdDocument<TState>? Document, NamerdServer Server, bool IsStale, TState? State)
    where TState : class;

/// <summary>
/// The safety net under a watch: now and then it sends the same request to the same namerd without <c>watch</c>. An answer counts only if the watch has sent nothing since the
/// request, and if it differs from the watch's last state. (Another namerd might have an older state, which would be used.) A poll that hangs or fails has no effect:
/// the watch itself shows when namerd is gone.
/// </summary>
internal sealed class WatchCheck<TState>(NameSetup<TState> setup, CancellationToken cancellationToken)
    where TState : class
{
    private long _heard;
    private TState? _last;
    private TState? _taken;
    private long _heardWhenTaken;

    /// <summary>A check that never ends.</summary>
    public static Task<CheckedState<TState>> Never { get; } = new TaskCompletionSource<CheckedState<TState>>().Task;

    /// <summary>Notes that the watch has sent a state.</summary>
    public void Heard(TState state)
    {
        _last = state;
        Interlocked.Increment(ref _heard);
    }

    /// <summary>Notes that the state of a check was taken in place of that of the watch.</summary>
    public void Took(TState state)
    {
        (_last, _taken, _heardWhenTaken) = (state, state, Interlocked.Read(ref _heard));
    }

    /// <summary>Waits until there is something to take, or the watch is stale.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<CheckedState<TState>> NextAsync(NamerdServer server)
    {
        if (_taken is { } taken)
        {
            _taken = null;
            await Task.Delay(RetryDelays.Lag, setup.Options.TimeProvider, cancellationToken).ConfigureAwait(false);
            if (Interlocked.Read(ref _heard) == _heardWhenTaken)
            {
                return new CheckedState<TState>(null, server, IsStale: true, taken);
            }
        }

        while (true)
        {
            await Task.Delay(RetryDelays.PollDelay(setup.Options), setup.Options.TimeProvider, cancellationToken).ConfigureAwait(false);
            var heard = Interlocked.Read(ref _heard);
            var document = await PollAsync(server).ConfigureAwait(false);
            if (document is { IsAnswer: true } && setup.Kind.RankOf(document.State) > StatePrecedence.Nothing
                && Interlocked.Read(ref _heard) == heard && !document.State.Equals(_last))
            {
                return new CheckedState<TState>(document, server, IsStale: false, null);
            }
        }
    }

    private async Task<NamerdDocument<TState>?> PollAsync(NamerdServer server)
    {
        using var attempt = setup.Servers.TryTakeSame(server);
        try
        {
            return attempt is null ? null : await setup.Poll.AskAsync(attempt, cancellationToken).ConfigureAwait(false);
        }
        catch (NamerdException)
        {
            return null;
        }
    }
}
