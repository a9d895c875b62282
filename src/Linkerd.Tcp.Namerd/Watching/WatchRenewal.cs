using Linkerd.Tcp.Namerd.Documents;
using Linkerd.Tcp.Namerd.Servers;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd.Watching;

/// <summary>A watch that took another's place, and its first event.</summary>
internal sealed record RenewedWatch<TState>(DocumentStream<TState> Stream, DocumentBatch<TState> First)
    where TState : class;

/// <summary>
/// The guard against a watch that became stale or dead unnoticed, and against a namerd that did: namerd has no request that checks a watch, but a second watch
/// begins with the current state. It is opened at another namerd if there is one.
/// </summary>
internal sealed class WatchRenewal<TState>(NameSetup<TState> setup)
    where TState : class
{
    /// <summary>Waits for the age, then opens watches until one delivers. Completes with that one, or by cancellation.</summary>
    /// <param name="present">The server of the watch that is to be replaced.</param>
    /// <param name="hurry">Ends if there is no time to wait for the age.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<RenewedWatch<TState>> RenewAsync(NamerdServer present, Task hurry, CancellationToken cancellationToken)
    {
        await hurry.WaitAsync(RetryDelays.RenewalDelay(setup.Options), setup.Options.TimeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var backoff = RetryDelays.Backoff(setup.Options.Random, setup.Options.Interval);
        var failed = new List<NamerdServer>();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            TimeSpan delay;
            try
            {
                await setup.Servers.RefreshAsync(cancellationToken).ConfigureAwait(false);
                using var attempt = Take(present, failed);
                if (attempt is not null)
                {
                    failed.Add(attempt.Server);
                    return await OpenAsync(attempt, cancellationToken).ConfigureAwait(false);
                }

                failed.Clear();
                delay = backoff.Next();
                setup.Report.RenewalFailed(setup.Servers.Outage().Error, delay);
            }
            catch (NamerdException exception)
            {
                var hasOther = setup.Servers.HasOther(failed);
                delay = hasOther ? RetryDelays.AnotherDelay(setup.Options) : backoff.Next();
                if (!hasOther)
                {
                    failed.Clear();
                    setup.Report.RenewalFailed(exception.Message, delay);
                }
            }

            await Task.Delay(delay, setup.Options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private ServerAttempt? Take(NamerdServer present, List<NamerdServer> failed)
    {
        var attempt = setup.Servers.TryTake([.. failed, present]);
        return attempt ?? (failed.Contains(present) ? null : setup.Servers.TryTake(failed));
    }

    private async Task<RenewedWatch<TState>> OpenAsync(ServerAttempt attempt, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(setup.Options.TimeProvider, cancellationToken);
        var answer = await setup.Client.AskAsync(attempt, watch: true, deadline).ConfigureAwait(false);
        if (answer.IsComplete)
        {
            answer.Dispose();
            throw new NamerdException($"namerd at {answer.Server} answered {setup.Client.Name} with one document instead of a stream");
        }

        var stream = new DocumentStream<TState>(setup.Kind, setup.Client, setup.Options, answer, cancellationToken);
        try
        {
            var first = await stream.FirstAsync(deadline).ConfigureAwait(false);
            if (first.End is { } end)
            {
                throw new NamerdException(end.Message);
            }

            if (first.Documents[^1] is { IsAnswer: false } document && setup.Kind.ErrorOf(document.State) is { } error)
            {
                throw new NamerdException($"namerd at {answer.Server} answered {setup.Client.Name}: {error}");
            }

            return new RenewedWatch<TState>(stream, first);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }
}
