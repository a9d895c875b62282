using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Documents;
using Linkerd.Tcp.Namerd.Servers;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd.Watching;

/// <summary>
/// Chooses the namerd for the requests of one name. A round goes from one to the next at once if they do not answer; after an answer about the name itself the next one is
/// not tried before a back-off. For one thread at a time.
/// </summary>
internal sealed class ServerChoice<TState>(NameSetup<TState> setup)
    where TState : class
{
    private readonly List<NamerdServer> _failed = [];
    private NamerdServer? _avoided;

    /// <summary>Gets the next one to try; if there is none, this waits until there is.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<ServerAttempt> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await setup.Servers.RefreshAsync(cancellationToken).ConfigureAwait(false);
            var attempt = (_avoided is null ? null : setup.Servers.TryTake([.. _failed, _avoided])) ?? setup.Servers.TryTake(_failed);
            if (attempt is not null)
            {
                return attempt;
            }

            _failed.Clear();
            var outage = setup.Servers.Outage();
            if (outage.Error.Length > 0)
            {
                await WaitAsync(outage, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Notes that one has answered.</summary>
    public void Good()
    {
        _failed.Clear();
        _avoided = null;
    }

    /// <summary>Prefers another one for the next request.</summary>
    public void Avoid(NamerdServer server) => _avoided = server;

    /// <summary>Prefers another one for the next request if a watch was lost: its namerd may be shutting down. Returns true if that is so.</summary>
    public bool AvoidLost(WatchOutcome outcome)
    {
        var isLost = outcome.End is { Kind: StreamEndKind.Lost };
        _avoided = isLost ? outcome.Server : _avoided;
        return isLost;
    }

    /// <summary>True if there is one to try besides the one that is avoided.</summary>
    public bool HasOther => _avoided is not null && setup.Servers.HasOther([_avoided]);

    /// <summary>Returns true if another one is to be tried at once in place of one that failed, and after which delay.</summary>
    public bool TryAnother(NamerdServer server, NamerdException failure, out TimeSpan delay)
    {
        _avoided = server;
        _failed.Add(server);
        var isAboutTheName = failure.Why == NamerdException.Reason.Error;
        var found = !isAboutTheName && setup.Servers.HasOther(_failed);
        delay = found ? RetryDelays.AnotherDelay(setup.Options) : TimeSpan.Zero;
        if (found)
        {
            setup.Report.AskingAnother(failure.Message);
        }

        return found;
    }

    /// <summary>Ends a round in which all failed: reports the failure. Returns the time to wait; zero if <see cref="NextAsync"/> waits for a server to come back.</summary>
    public TimeSpan EndRound(NamerdException failure, Backoff backoff)
    {
        var asked = _failed.Count;
        _failed.Clear();
        if (!setup.Servers.IsAnyUp)
        {
            setup.Report.Failure(failure.Message, setup.Servers.Outage().Wait, isOutage: true);
            return TimeSpan.Zero;
        }

        // Each of them was tried once, which must not be more often on average than if there were one.
        var delay = backoff.Next() * Math.Max(1, asked);
        delay = delay < RetryDelays.Max ? delay : RetryDelays.Max;
        setup.Report.Failure(failure.Message, delay);
        return delay;
    }

    private async Task WaitAsync(ServerOutage outage, CancellationToken cancellationToken)
    {
        if (!setup.Report.IsFailing)
        {
            setup.Report.Failure(outage.Error, outage.Wait, isOutage: true);
        }

        if (outage.Wait != TimeSpan.Zero)
        {
            await outage.Changed.WaitAsync(outage.Wait, setup.Options.TimeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }

        if (setup.Servers.IsAnyUp)
        {
            // All waiting callers go on now.
            await Task.Delay(RetryDelays.PromptDelay(setup.Options.Random, setup.Servers.Sessions), setup.Options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }
}
