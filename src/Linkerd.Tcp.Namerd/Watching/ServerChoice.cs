using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Documents;
using Linkerd.Tcp.Namerd.Servers;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd.Watching;

/// <summary>
/// Which namerd is asked about one name. A round goes from one to the next at once where they do not answer; what namerd says about the name itself is not
/// asked of the next before a back-off. For one thread at a time.
/// </summary>
internal sealed class ServerChoice<TState>(NameSetup<TState> setup)
    where TState : class
{
    private readonly List<NamerdServer> _failed = [];
    private NamerdServer? _avoided;

    /// <summary>The next one to ask; where there is none, this waits until there is.</summary>
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

    /// <summary>One has answered.</summary>
    public void Good()
    {
        _failed.Clear();
        _avoided = null;
    }

    /// <summary>Rather asks another one next.</summary>
    public void Avoid(NamerdServer server) => _avoided = server;

    /// <summary>Rather asks another one next where a watch was lost: its namerd may be on its way out. Whether that is so.</summary>
    public bool AvoidLost(WatchOutcome outcome)
    {
        var isLost = outcome.End is { Kind: StreamEndKind.Lost };
        _avoided = isLost ? outcome.Server : _avoided;
        return isLost;
    }

    /// <summary>Whether there is one to ask besides the one that is avoided.</summary>
    public bool HasOther => _avoided is not null && setup.Servers.HasOther([_avoided]);

    /// <summary>Whether another one is to be asked at once in place of one that failed, and after which moment.</summary>
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

    /// <summary>All were asked in vain: reports the failure. Returns how long to wait; zero where <see cref="NextAsync"/> waits for a server to come back.</summary>
    public TimeSpan EndRound(NamerdException failure, Backoff backoff)
    {
        var asked = _failed.Count;
        _failed.Clear();
        if (!setup.Servers.IsAnyUp)
        {
            setup.Report.Failure(failure.Message, setup.Servers.Outage().Wait, isOutage: true);
            return TimeSpan.Zero;
        }

        // Each of them was asked once, which is to be no more on average than if there were one.
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
            // Everybody who waits goes on now.
            await Task.Delay(RetryDelays.PromptDelay(setup.Options.Random, setup.Servers.Sessions), setup.Options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }
}
