namespace Linkerd.Tcp.Namerd;

/// <summary>What came of one watch.</summary>
/// <param name="Streamed">Whether it was a stream; otherwise the answer was one whole document.</param>
/// <param name="Answered">Whether there was a good document.</param>
/// <param name="Told">Whether there was any document, so that something was said about the name.</param>
/// <param name="Lived">From the last time it was opened or renewed to its end.</param>
/// <param name="End">How it ended; null where it was no stream.</param>
internal sealed record WatchOutcome(bool Streamed, bool Answered, bool Told, TimeSpan Lived, StreamEnd? End);

/// <summary>Follows one watch, renewing it, until it ends.</summary>
internal sealed class NamerdWatch(NamerdClient client, NamerdOptions options, NameReport report)
{
    private readonly NamerdPoll _poll = new(client, options);
    private readonly WatchRenewal _renewal = new(client, options, report);

    /// <exception cref="NamerdException">It could not be opened.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<WatchOutcome> RunAsync(CancellationToken cancellationToken)
    {
        NamerdAnswer answer;
        using (var deadline = new Deadline(options.TimeProvider, cancellationToken))
        {
            answer = await client.AskAsync(watch: true, deadline).ConfigureAwait(false);
            if (answer.IsComplete)
            {
                using (answer)
                {
                    var document = await _poll.ReadAsync(answer, deadline).ConfigureAwait(false);
                    report.Document(document);
                    return new WatchOutcome(Streamed: false, document.IsAnswer, Told: true, TimeSpan.Zero, End: null);
                }
            }
        }

        return await FollowAsync(new DocumentStream(client, options, answer, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private async Task<WatchOutcome> FollowAsync(DocumentStream stream, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var opened = options.TimeProvider.GetTimestamp();
        var (answered, told) = (false, false);
        var renewal = _renewal.RenewAsync(stop.Token);
        var next = stream.NextAsync();
        try
        {
            while (true)
            {
                await Task.WhenAny(next, renewal).ConfigureAwait(false);
                DocumentBatch batch;
                if (renewal.IsCompleted)
                {
                    var renewed = await renewal.ConfigureAwait(false);
                    await CloseAsync(stream, next).ConfigureAwait(false);
                    (stream, batch) = (renewed.Stream, renewed.First);
                    opened = options.TimeProvider.GetTimestamp();
                    renewal = _renewal.RenewAsync(stop.Token);
                    report.Renewed();
                }
                else
                {
                    batch = await next.ConfigureAwait(false);
                }

                foreach (var document in batch.Documents)
                {
                    report.Document(document);
                    answered |= document.IsAnswer;
                    told = true;
                }

                if (batch.End is not null)
                {
                    return new WatchOutcome(Streamed: true, answered, told, options.TimeProvider.GetElapsedTime(opened), batch.End);
                }

                next = stream.NextAsync();
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)renewal).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (renewal.IsCompletedSuccessfully)
            {
                // It came too late to be of use, or the watch ended while it came.
                var unused = await renewal.ConfigureAwait(false);
                unused.Stream.Dispose();
            }

            await CloseAsync(stream, next).ConfigureAwait(false);
        }
    }

    private static async Task CloseAsync(DocumentStream stream, Task<DocumentBatch> next)
    {
        stream.Cancel();
        await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stream.Dispose();
    }
}
