namespace Linkerd.Tcp.Namerd;

/// <summary>A watch that took another's place, and its first event.</summary>
internal sealed record RenewedWatch(DocumentStream Stream, DocumentBatch First);

/// <summary>
/// The guard against a watch that went stale or dead unnoticed: namerd cannot be asked whether it still watches, but a second watch
/// begins with the current state.
/// </summary>
internal sealed class WatchRenewal(NamerdClient client, NamerdOptions options, NameReport report)
{
    /// <summary>Waits for 10 intervals, then opens watches until one delivers. Completes with that one, or by cancellation.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<RenewedWatch> RenewAsync(CancellationToken cancellationToken)
    {
        var backoff = Retrying.Backoff(options);
        var delay = Retrying.RenewalDelay(options);
        while (true)
        {
            await Task.Delay(delay, options.TimeProvider, cancellationToken).ConfigureAwait(false);
            try
            {
                return await OpenAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (NamerdException exception)
            {
                delay = backoff.Next();
                report.RenewalFailed(exception.Message, delay);
            }
        }
    }

    private async Task<RenewedWatch> OpenAsync(CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(options.TimeProvider, cancellationToken);
        var answer = await client.AskAsync(watch: true, deadline).ConfigureAwait(false);
        if (answer.IsComplete)
        {
            answer.Dispose();
            throw new NamerdException($"namerd at {client.BaseAddress} answered {client.Name} with one document instead of a stream");
        }

        var stream = new DocumentStream(client, options, answer, cancellationToken);
        try
        {
            var first = await stream.FirstAsync(deadline).ConfigureAwait(false);
            if (first.End is { } end)
            {
                throw new NamerdException(end.Message);
            }

            if (first.Documents[^1] is { IsAnswer: false, Resolution: Resolution.Failed failed })
            {
                throw new NamerdException($"namerd at {client.BaseAddress} answered {client.Name}: {failed.Error}");
            }

            return new RenewedWatch(stream, first);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }
}
