using System.Text;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Http;
using Linkerd.Tcp.Namerd.Requests;
using Linkerd.Tcp.Namerd.Servers;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd.Documents;

/// <summary>The body of a watch, read as batches of the documents that have arrived. For one thread at a time.</summary>
internal sealed class DocumentStream<TState> : IDisposable
    where TState : class
{
    private readonly WatchKind<TState> _kind;
    private readonly NamerdClient _client;
    private readonly NamerdOptions _options;
    private readonly NamerdAnswer _answer;
    private readonly DocumentFramer _framer;

    private readonly CancellationTokenSource _closed;
    private readonly Deadline _deadline;

    public DocumentStream(
        WatchKind<TState> kind, NamerdClient client, NamerdOptions options, NamerdAnswer answer, CancellationToken cancellationToken)
    {
        _kind = kind;
        _client = client;
        _options = options;
        _answer = answer;
        _framer = new DocumentFramer(options.MaxAnswerBytes);
        _closed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _deadline = new Deadline(options.TimeProvider, _closed.Token);
    }

    /// <summary>The server that sends it.</summary>
    public NamerdServer Server => _answer.Server;

    /// <summary>Waits until at least one document has come or the stream has ended.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<DocumentBatch<TState>> NextAsync()
    {
        while (true)
        {
            int read;
            try
            {
                read = await ReadAsync().ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                var failure = _client.Translate(exception, Server, _deadline);
                return failure is NamerdException ? DocumentBatch<TState>.Ended(StreamEndKind.Lost, failure.Message) : throw failure;
            }

            _framer.Advance(read);
            var batch = Take(atEnd: read == 0);
            if (batch.End is not null || batch.Documents.Count > 0)
            {
                return batch;
            }
        }
    }

    /// <summary>As <see cref="NextAsync"/>, but within a deadline that is armed already.</summary>
    /// <exception cref="NamerdException">The deadline is over.</exception>
    public async Task<DocumentBatch<TState>> FirstAsync(Deadline deadline)
    {
        var next = NextAsync();
        try
        {
            return await next.WaitAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception)
        {
            Cancel();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw _client.Translate(exception, Server, deadline);
        }
    }

    /// <summary>Ends a wait in <see cref="NextAsync"/>.</summary>
    public void Cancel() => _closed.Cancel();

    public void Dispose()
    {
        _answer.Dispose();
        _framer.Dispose();
        _deadline.Dispose();
        _closed.Dispose();
    }

    private async ValueTask<int> ReadAsync()
    {
        // Silence is valid between documents only.
        if (_framer.IsPartial)
        {
            _deadline.Arm(_options.RequestTimeout);
        }

        var read = await _answer.Body.ReadAsync(_framer.GetMemory(), _deadline.Token).ConfigureAwait(false);
        _deadline.Disarm();
        return read;
    }

    private DocumentBatch<TState> Take(bool atEnd)
    {
        var objects = new List<ReadOnlyMemory<byte>>();
        StreamEnd? end = null;
        while (end is null && (atEnd ? _framer.TryTakeRest(out var frame) : _framer.TryTake(out frame)))
        {
            if (frame.Kind == FrameKind.Object)
            {
                objects.Add(frame.Bytes);
            }
            else
            {
                // Nothing after an error is used: the error's own text may hold newlines, and look like anything.
                end = new StreamEnd(StreamEndKind.Error, Describe(frame));
            }
        }

        end ??= atEnd ? new StreamEnd(StreamEndKind.Clean, $"namerd at {Server} ended its answer about {_client.Name}") : null;
        return Coalesce(objects, end);
    }

    // Every document is the whole state, so only the last counts; one without information about the endpoints leaves the earlier ones standing.
    private DocumentBatch<TState> Coalesce(List<ReadOnlyMemory<byte>> objects, StreamEnd? end)
    {
        var documents = new List<NamerdDocument<TState>>();
        for (var i = objects.Count - 1; i >= 0; i--)
        {
            var document = _kind.Parse(objects[i].Span, out var error);
            if (document is null)
            {
                end = new StreamEnd(StreamEndKind.Error, NamerdFailure.DescribeDocument(Server.Text, _client.Name, error!));
                continue;
            }

            // One of each rank is enough: a superseded one need not be read.
            if (documents.Count > 0 && _kind.RankOf(document.State) <= _kind.RankOf(documents[0].State))
            {
                continue;
            }

            documents.Insert(0, document);
            if (_kind.RankOf(document.State) == StatePrecedence.Bound)
            {
                break;
            }
        }

        return new DocumentBatch<TState>(documents, end);
    }

    private string Describe(Frame frame) => frame.Kind == FrameKind.TooLong
        ? NamerdFailure.DescribeSize(Server.Text, _client.Name, _options.MaxAnswerBytes)
        : NamerdFailure.DescribeText(Server.Text, _client.Name, Encoding.UTF8.GetString(frame.Bytes.Span));
}
