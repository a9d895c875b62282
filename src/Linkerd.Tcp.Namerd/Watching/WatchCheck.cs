using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Documents;
using Linkerd.Tcp.Namerd.Servers;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd.Watching;

/// <summary>What a check beside a watch came to: a document that the watch has not sent, or that the watch has still not sent it a while later.</summary>
/// <param name="Document">A document to take; null where there is none.</param>
/// <param name="Server">Whose it is.</param>
/// <param name="IsStale">Whether the watch counts as stale.</param>
/// <param name="State">What it ought to have said, where it is stale.</param>
internal sealed record CheckedState<TState>(NamerdDocument<TState>? Document, NamerdServer Server, bool IsStale, TState? State)
    where TState : class;

/// <summary>
/// The safety net under a watch: asks the same namerd the same question without <c>watch</c> now and then. An answer counts only if the watch has said nothing since it was
/// asked for, and if it is another than the watch's last. (Another namerd might know less, and would be believed.) A poll that hangs or fails says nothing:
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

    /// <summary>The watch has said something.</summary>
    public void Heard(TState state)
    {
        _last = state;
        Interlocked.Increment(ref _heard);
    }

    /// <summary>What a check had found was taken in place of what the watch said.</summary>
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
