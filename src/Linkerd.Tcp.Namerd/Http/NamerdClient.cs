using System.Net;
using System.Text;

namespace Linkerd.Tcp.Namerd;

/// <summary>Asks namerd about one name, and tells a good answer from every other.</summary>
internal sealed class NamerdClient(HttpMessageInvoker http, NamerdOptions options, NamerdRequest request)
{
    private const int MostErrorBytes = 1024;

    public DstPath Name => request.Name;

    public string BaseAddress => request.BaseAddress;

    /// <summary>Sends a request, and returns when the headers of a good answer are there. The deadline is armed here, and left so.</summary>
    /// <exception cref="NamerdException">There is no good answer.</exception>
    /// <exception cref="OperationCanceledException">The outer token of the deadline was cancelled.</exception>
    public async Task<NamerdAnswer> AskAsync(bool watch, Deadline deadline)
    {
        deadline.Arm(options.RequestTimeout);
        using var message = request.Make(watch);
        var progress = ConnectProgress.Of(message);
        HttpResponseMessage? response = null;
        try
        {
            response = await http.SendAsync(message, deadline.Token).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                var body = await ReadErrorAsync(response, deadline.Token).ConfigureAwait(false);
                throw new NamerdException(NamerdFailure.DescribeStatus(BaseAddress, Name, response, body));
            }

            if (response.Content.Headers.ContentEncoding.FirstOrDefault(encoding => encoding != "identity") is { } encoding)
            {
                throw new NamerdException($"namerd at {BaseAddress} answered {Name} in the encoding {NamerdFailure.Quote(encoding)}, which was not asked for");
            }

            var stream = await response.Content.ReadAsStreamAsync(deadline.Token).ConfigureAwait(false);
            var answer = new NamerdAnswer(response, stream);
            response = null;
            return answer;
        }
        catch (Exception exception) when (exception is not NamerdException)
        {
            throw Translate(exception, deadline, progress);
        }
        finally
        {
            response?.Dispose();
        }
    }

    /// <summary>What an exception of the HTTP stack means; an <see cref="OperationCanceledException"/> where the outer token was cancelled.</summary>
    public Exception Translate(Exception exception, Deadline deadline, ConnectProgress? progress = null)
    {
        if (deadline.IsExpired)
        {
            var seconds = options.RequestTimeout.TotalSeconds;
            return progress is { IsConnecting: true }
                ? new NamerdException($"namerd at {BaseAddress} cannot be connected to within {seconds} s")
                : new NamerdException($"namerd at {BaseAddress} did not answer about {Name} within {seconds} s", NamerdException.Reason.Silence);
        }

        return deadline.Token.IsCancellationRequested
            ? new OperationCanceledException(exception.Message, exception, deadline.Token)
            : new NamerdException(NamerdFailure.Describe(BaseAddress, exception));
    }

    private static async Task<string> ReadErrorAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[MostErrorBytes];
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}
