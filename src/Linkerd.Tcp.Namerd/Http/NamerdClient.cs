using System.Buffers;
using System.Net;
using System.Text;
using Linkerd.Tcp.Namerd.Requests;
using Linkerd.Tcp.Namerd.Servers;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd.Http;

/// <summary>Sends namerd requests about one name, and distinguishes a good answer from every other. Any thread.</summary>
internal sealed class NamerdClient(NamerdOptions options, NamerdRequest request)
{
    private const int MaxErrorBytes = 1024;
    private const int FirstBuffer = 16 * 1024;

    public DstPath Name => request.Name;

    /// <summary>Sends a request, and returns when the headers of a good answer are there. The deadline is armed here, and left so.</summary>
    /// <exception cref="NamerdException">There is no good answer.</exception>
    /// <exception cref="OperationCanceledException">The outer token of the deadline was cancelled.</exception>
    public async Task<NamerdAnswer> AskAsync(ServerAttempt attempt, bool watch, Deadline deadline)
    {
        deadline.Arm(options.RequestTimeout);
        if (request.TooLong(NamerdRequest.BasePath(attempt.Server.BaseAddress)) is { } tooLong)
        {
            throw new NamerdException(tooLong);
        }

        try
        {
            var answer = await SendAsync(attempt, watch, watch, deadline).ConfigureAwait(false);
            attempt.Answered();
            return answer;
        }
        catch (NamerdException failure)
        {
            Tell(attempt, failure, watch);
            throw;
        }
    }

    // One try; and a second one on a new connection if one that had been used before was closed in the meantime, which is no sign of trouble in namerd.
    private async Task<NamerdAnswer> SendAsync(ServerAttempt attempt, bool watch, bool onNewConnection, Deadline deadline)
    {
        var server = attempt.Server;
        using var message = server.Make(request.Target(watch));
        var progress = RequestProgress.Of(message);
        progress.Connected = attempt.Connected;
        HttpResponseMessage? response = null;
        try
        {
            response = await server.SendAsync(message, onNewConnection, deadline.Token).ConfigureAwait(false);
            await CheckAsync(server, response, deadline.Token).ConfigureAwait(false);
            var stream = await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
            var answer = new NamerdAnswer(response, stream, server);
            response = null;
            return answer;
        }
        catch (Exception exception) when (exception is not NamerdException)
        {
            var failure = Translate(exception, server, deadline, progress);
            if (onNewConnection || response is not null || progress.HasNewConnection || failure is not NamerdException { Why: NamerdException.Reason.Unusable })
            {
                throw failure;
            }
        }
        finally
        {
            response?.Dispose();
        }

        return await SendAsync(attempt, watch, onNewConnection: true, deadline).ConfigureAwait(false);
    }

    /// <summary>Reads the whole body of an answer, within a deadline that is armed already.</summary>
    /// <exception cref="NamerdException">It cannot be read to its end, or is too long.</exception>
    /// <exception cref="OperationCanceledException">The outer token of the deadline was cancelled.</exception>
    public async Task<TResult> ReadAsync<TResult>(NamerdAnswer answer, Deadline deadline, Func<ReadOnlyMemory<byte>, TResult> use)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        try
        {
            var length = 0;
            while (true)
            {
                if (Math.Max(length, answer.Length ?? 0) > options.MaxAnswerBytes)
                {
                    throw new NamerdException(NamerdFailure.DescribeSize(answer.Server.Text, Name, options.MaxAnswerBytes));
                }

                var read = await answer.Body.ReadAsync(buffer.AsMemory(length), deadline.Token).ConfigureAwait(false);
                if (read == 0)
                {
                    return use(buffer.AsMemory(0, length));
                }

                length += read;
                buffer = length < buffer.Length ? buffer : Grow(buffer);
            }
        }
        catch (Exception exception) when (exception is not NamerdException)
        {
            throw Translate(exception, answer.Server, deadline);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Translates an exception of the HTTP stack; to an <see cref="OperationCanceledException"/> if the outer token was cancelled.</summary>
    public Exception Translate(Exception exception, NamerdServer server, Deadline deadline, RequestProgress? progress = null)
    {
        if (deadline.IsExpired)
        {
            var seconds = options.RequestTimeout.TotalSeconds;
            return progress is { IsConnecting: true }
                ? new NamerdException($"namerd at {server} cannot be connected to within {seconds} s", NamerdException.Reason.Unreachable)
                : new NamerdException($"namerd at {server} did not answer about {Name} within {seconds} s", NamerdException.Reason.Silence);
        }

        return deadline.Token.IsCancellationRequested
            ? new OperationCanceledException(exception.Message, exception, deadline.Token)
            : NamerdFailure.Of(exception, server, options.Tls.Certificate is not null, progress is { IsConnecting: true });
    }

    private static void Tell(ServerAttempt attempt, NamerdException failure, bool watch)
    {
        switch (failure.Why)
        {
            case NamerdException.Reason.Error:
                attempt.Answered();
                break;
            case NamerdException.Reason.Silence when !watch:
                // A poll gets no answer before the state is known, while a watch gets its headers at once.
                attempt.Silent(failure.Message);
                break;
            default:
                attempt.Failed(failure.Message, failure.Why == NamerdException.Reason.Unreachable);
                break;
        }
    }

    private async Task CheckAsync(NamerdServer server, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            // namerd sends these because of the name, or of the length of the request; every other comes from something that is not a namerd, or no longer one.
            var isAboutTheName = response.StatusCode is HttpStatusCode.InternalServerError or HttpStatusCode.BadRequest
                or HttpStatusCode.RequestUriTooLong or HttpStatusCode.RequestHeaderFieldsTooLarge;
            var body = await ReadErrorAsync(response, cancellationToken).ConfigureAwait(false);
            throw new NamerdException(
                NamerdFailure.DescribeStatus(server.Text, Name, response, body),
                isAboutTheName ? NamerdException.Reason.Error : NamerdException.Reason.Unusable);
        }

        if (response.Content.Headers.ContentEncoding.FirstOrDefault(encoding => encoding != "identity") is { } encoding)
        {
            throw new NamerdException(
                $"namerd at {server} answered {Name} in the encoding {FailureText.Quote(encoding)}, which was not asked for", NamerdException.Reason.Unusable);
        }
    }

    private static async Task<string> ReadErrorAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxErrorBytes];
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    private static byte[] Grow(byte[] buffer)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}
