using Linkerd.Tcp.Cli.CommandLine;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Cli.Resolving;

/// <summary>Runs <c>resolve</c>.</summary>
internal sealed class ResolveRunner(ResolveSettings settings, NamingServices naming, TimeProvider timeProvider, TextWriter output, TextWriter errors)
{
    // The first answer about a cold name can lack branches that follow at once; and changes come in bursts.
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxSettling = TimeSpan.FromSeconds(1);

    private readonly ResolveReport _report = new(settings, settings.Naming.Name, timeProvider, output, errors);

    /// <summary>Resolves the name, once or until the token is cancelled.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var observer = new NameObserver(naming.Interpreter!, settings.Naming.Name, timeProvider);
        await using (observer.ConfigureAwait(false))
        {
            var delegation = await SettleAsync(observer, settings.Timeout, delegates: true, cancellationToken).ConfigureAwait(false);
            var verdict = _report.First(observer.Current, delegation);
            while (settings.Watch)
            {
                await observer.WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
                delegation = await SettleAsync(observer, MaxSettling, settings.Json, cancellationToken).ConfigureAwait(false);
                _report.Next(observer.Current, delegation);
            }

            return verdict.ExitCode;
        }
    }

    /// <summary>
    /// Waits until all is known and nothing has changed for a moment, or the time is over. The delegation is requested at the same time: namerd answers
    /// it when all branches are known, which is no reason to wait if some are known.
    /// </summary>
    private async Task<DelegateTree?> SettleAsync(NameObserver observer, TimeSpan atMost, bool delegates, CancellationToken cancellationToken)
    {
        var start = timeProvider.GetTimestamp();
        var delegating = delegates ? DelegateAsync(atMost, cancellationToken) : Task.FromResult<DelegateTree?>(null);
        await SettleAsync(observer, start, atMost, cancellationToken).ConfigureAwait(false);
        if (!delegating.IsCompleted)
        {
            // It may wait for the same answers as the name.
            await delegating.ConfigureAwait(false);
            await SettleAsync(observer, start, atMost, cancellationToken).ConfigureAwait(false);
        }

        return await delegating.ConfigureAwait(false);
    }

    private async Task SettleAsync(NameObserver observer, long start, TimeSpan atMost, CancellationToken cancellationToken)
    {
        while (true)
        {
            var left = atMost == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : atMost - timeProvider.GetElapsedTime(start);
            var wait = observer.Current.IsWaiting || left < Quiet ? left : Quiet;
            if (wait < TimeSpan.Zero
                || !await observer.WaitAsync(wait == TimeSpan.MaxValue ? Timeout.InfiniteTimeSpan : wait, cancellationToken).ConfigureAwait(false))
            {
                return;
            }
        }
    }

    private async Task<DelegateTree?> DelegateAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(atMost, timeProvider);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await naming.Delegator!.DelegateAsync(settings.Naming.Name, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
