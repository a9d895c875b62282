using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Mesh.Servers;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd.Mesh.Watching;

/// <summary>Keeps one stream open as long as it has a consumer: chooses its namerd, renews it, and tries again after failures.</summary>
internal sealed class MeshSession<TMessage, TState>(
    MeshWatchRequest<TMessage, TState> question, MeshServers servers, MeshOptions options, MeshReport<TMessage, TState> report)
    where TMessage : class
    where TState : class
{
    private readonly StreamRenewal<TMessage, TState> _guard = new(question, servers, options, report);
    private readonly Backoff _backoff = RetryDelays.Backoff(options.Random, interval: null);
    private MeshServer? _avoid;
    private long _opened;

    /// <exception cref="OperationCanceledException">The token was cancelled, which is the only end.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan delay;
            try
            {
                var server = await servers.TakeAsync(_avoid, cancellationToken).ConfigureAwait(false);
                _avoid = null;
                delay = Ended(await FollowAsync(server, cancellationToken).ConfigureAwait(false));
            }
            catch (MeshException exception)
            {
                // No namerd is good. The next session that tries, tries for all.
                delay = exception.RetryAfter > TimeSpan.Zero ? exception.RetryAfter + RetryDelays.PromptDelay(options.Random) : _backoff.Next();
                report.Failure(exception.Message, delay, servers.Outages);
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // Any other exception of the stack below: a resolver goes on trying.
                delay = _backoff.Next();
                report.Failure($"asking namerd about {question.Subject} failed ({exception.Message})", delay);
            }

            await Task.Delay(delay, options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    private TimeSpan Ended(MeshException end)
    {
        var lived = options.TimeProvider.GetElapsedTime(_opened);
        var isStable = lived >= options.RequestTimeout;
        if (isStable)
        {
            _backoff.Reset();
        }

        if (end.BlamesServer)
        {
            // The namerd is not tried before its own pause is over; another one is, at once.
            var prompt = servers.Pause + RetryDelays.PromptDelay(options.Random);
            if (isStable)
            {
                report.Ended(end.Message, lived, prompt);
            }
            else
            {
                report.Failure(end.Message, prompt, servers.Outages);
            }

            return prompt;
        }

        var delay = _backoff.Next();
        report.Failure(end.Message, delay);
        return delay;
    }

    // Returns the end.
    private async Task<MeshException> FollowAsync(MeshServer server, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var stream = Open(new MeshStream<TMessage, TState>(question, server, stop.Token));
        var renewal = _guard.RunAsync(server, stop.Token);
        var patience = Task.Delay(options.RequestTimeout, options.TimeProvider, stop.Token);
        try
        {
            while (true)
            {
                await (patience is null ? Task.WhenAny(stream.Next, renewal) : Task.WhenAny(stream.Next, renewal, patience)).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                if (renewal.IsCompleted)
                {
                    var renewed = await renewal.ConfigureAwait(false);
                    report.Renewed(renewed.Stream.Server);
                    stream.Dispose();
                    stream = Open(renewed.Stream);
                    report.Message(stream.Server, renewed.First);
                    renewal = _guard.RunAsync(stream.Server, stop.Token);
                    patience = null;
                }
                else if (stream.Next.IsCompleted)
                {
                    if (await stream.Next.ConfigureAwait(false) is not { } message)
                    {
                        return new MeshException($"namerd at {stream.Server.Name} ended the stream of {question.Subject}", blamesServer: false);
                    }

                    report.Message(stream.Server, question.Read(message));
                    stream.Advance();
                    patience = null;
                }
                else
                {
                    patience = null;
                    Silent(stream.Server);
                }
            }
        }
        catch (MeshException exception)
        {
            return exception;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)renewal).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (renewal.IsCompletedSuccessfully)
            {
                // It came too late to be of use, or the stream ended while it came.
                (await renewal.ConfigureAwait(false)).Stream.Dispose();
            }

            stream.Dispose();
        }
    }

    private MeshStream<TMessage, TState> Open(MeshStream<TMessage, TState> stream)
    {
        _opened = options.TimeProvider.GetTimestamp();
        return stream;
    }

    private void Silent(MeshServer server)
    {
        if (question.MayBeSilent)
        {
            report.Silent();
            return;
        }

        _avoid = server;
        throw new MeshException(MeshFailure.NoAnswer(server, question.Subject, options.RequestTimeout), blamesServer: false);
    }
}
