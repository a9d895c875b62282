using System.Text;
using Linkerd.Tcp.Namerd.Documents;
using Linkerd.Tcp.Namerd.Http;
using Linkerd.Tcp.Namerd.Requests;
using Linkerd.Tcp.Namerd.Servers;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd.Watching;

/// <summary>Sends one request, and reads one whole document.</summary>
internal sealed class NamerdPoll<TState>(WatchKind<TState> kind, NamerdClient client, NamerdOptions options)
    where TState : class
{
    /// <exception cref="NamerdException">There is no good answer.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<NamerdDocument<TState>> AskAsync(ServerAttempt attempt, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(options.TimeProvider, cancellationToken);
        using var answer = await client.AskAsync(attempt, watch: false, deadline).ConfigureAwait(false);
        return await ReadAsync(answer, deadline).ConfigureAwait(false);
    }

    /// <summary>Reads the document of an answer, within a deadline that is armed already.</summary>
    public Task<NamerdDocument<TState>> ReadAsync(NamerdAnswer answer, Deadline deadline) =>
        client.ReadAsync(answer, deadline, body => Parse(body.Span, answer.Server.Text));

    private NamerdDocument<TState> Parse(ReadOnlySpan<byte> body, string namerd)
    {
        var text = body.Trim(" \t\r\n"u8);
        if (text.IsEmpty)
        {
            throw new NamerdException($"namerd at {namerd} answered {client.Name} with nothing");
        }

        if (text[0] != (byte)'{')
        {
            var beginning = Encoding.UTF8.GetString(text[..Math.Min(text.Length, 1024)]);
            throw new NamerdException(NamerdFailure.DescribeText(namerd, client.Name, beginning));
        }

        return kind.Parse(text, out var error)
            ?? throw new NamerdException(NamerdFailure.DescribeDocument(namerd, client.Name, error!));
    }
}
