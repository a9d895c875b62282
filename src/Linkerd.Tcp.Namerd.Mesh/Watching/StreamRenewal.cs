using Grpc.Core;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Mesh.Servers;
using Linkerd.Tcp.Namerd.Mesh.Wire;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd.Mesh.Watching;

/// <summary>A stream that replaces another, and its first answer.</summary>
internal sealed record MeshRenewal<TMessage, TState>(MeshStream<TMessage, TState> Stream, MeshAnswer<TState> First)
    where TMessage : class
    where TState : class;

/// <summary>
/// The guard against a stream that became stale or dead unnoticed: namerd has no request that checks a stream, but a plain request is answered with the
/// current state, and a second stream begins with it.
/// </summary>
internal sealed class StreamRenewal<TMessage, TState>(
    MeshWatchRequest<TMessage, TState> question, MeshServers servers, MeshOptions options, MeshReport<TMessage, TState> report)
    where TMessage : class
    where TState : class
{
    /// <summary>Sends a request now and then, until it is time for another stream; completes when that one has answered.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<MeshRenewal<TMessage, TState>> RunAsync(MeshServer current, CancellationToken cancellationToken)
    {
        var backoff = RetryDelays.Backoff(options.Random, interval: null);
        var avoid = await WaitAsync(current, cancellationToken).ConfigureAwait(false) ? null : current;
        while (true)
        {
            TimeSpan delay;
            try
            {
                return await OpenAsync(avoid, cancellationToken).ConfigureAwait(false);
            }
            catch (MeshException exception)
            {
                delay = backoff.Next();
                report.RenewalFailed(exception.Message, delay);
            }

            await Task.Delay(delay, options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    // True if the stream has to be opened again, false if it is merely old.
    private async Task<bool> WaitAsync(MeshServer current, CancellationToken cancellationToken)
    {
        var left = Backoff.Jitter(options.MaxStreamAge, RetryDelays.Jitter, options.Random);
        while (true)
        {
            var pause = options.Interval is { } interval ? Backoff.Jitter(interval, RetryDelays.Jitter, options.Random) : left;
            if (pause >= left)
            {
                await Task.Delay(left, options.TimeProvider, cancellationToken).ConfigureAwait(false);
                return false;
            }

            await Task.Delay(pause, options.TimeProvider, cancellationToken).ConfigureAwait(false);
            left -= pause;
            if (await PollAsync(current, cancellationToken).ConfigureAwait(false))
            {
                return true;
            }
        }
    }

    private async Task<bool> PollAsync(MeshServer server, CancellationToken cancellationToken)
    {
        var before = report.Messages;
        using var deadline = new Deadline(options.TimeProvider, cancellationToken);
        deadline.Arm(options.RequestTimeout);
        try
        {
            using var call = question.Ask(server, new CallOptions(cancellationToken: deadline.Token));
            return report.TryPoll(server, question.Read(await call.ResponseAsync.ConfigureAwait(false)), before);
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            report.PollFailed(deadline.IsExpired ? MeshFailure.NoAnswer(server, question.Subject, options.RequestTimeout)
                : MeshFailure.Translate(server, question.Subject, exception).Message);
            return false;
        }
    }

    private async Task<MeshRenewal<TMessage, TState>> OpenAsync(MeshServer? avoid, CancellationToken cancellationToken)
    {
        var server = await servers.TakeAsync(avoid, cancellationToken).ConfigureAwait(false);
        var stream = new MeshStream<TMessage, TState>(question, server, cancellationToken);
        try
        {
            using var deadline = new Deadline(options.TimeProvider, cancellationToken);
            deadline.Arm(options.RequestTimeout);
            while (true)
            {
                TMessage? message;
                try
                {
                    message = await stream.Next.WaitAsync(deadline.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (deadline.IsExpired)
                {
                    throw new MeshException(MeshFailure.NoAnswer(server, question.Subject, options.RequestTimeout), blamesServer: false);
                }

                var answer = question.Read(message ?? throw new MeshException($"namerd at {server.Name} ended the stream of {question.Subject}", blamesServer: false));
                switch (answer.Kind)
                {
                    case MeshAnswerKind.Answer:
                        stream.Advance();
                        return new MeshRenewal<TMessage, TState>(stream, answer);
                    case MeshAnswerKind.Failed:
                        throw new MeshException($"namerd at {server.Name} answered {question.Subject}: {answer.Error}", blamesServer: false);
                    default:
                        stream.Advance();
                        break;
                }
            }
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }
}
