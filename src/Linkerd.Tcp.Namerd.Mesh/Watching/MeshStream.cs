using Grpc.Core;
using Linkerd.Tcp.Namerd.Mesh.Servers;

namespace Linkerd.Tcp.Namerd.Mesh.Watching;

/// <summary>One stream of one namerd. Disposing it ends it. For one thread at a time.</summary>
internal sealed class MeshStream<TMessage, TState> : IDisposable
    where TMessage : class
    where TState : class
{
    private readonly MeshWatchRequest<TMessage, TState> _question;
    private readonly CancellationTokenSource _stop;
    private readonly CancellationToken _outer;
    private readonly int _epoch;
    private readonly AsyncServerStreamingCall<TMessage> _call;
    private bool _isDisposed;

    /// <summary>Opens a stream. The server is released with it.</summary>
    public MeshStream(MeshWatchRequest<TMessage, TState> question, MeshServer server, CancellationToken cancellationToken)
    {
        _question = question;
        Server = server;
        _outer = cancellationToken;
        _epoch = server.Epoch;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _call = question.Stream(server, new CallOptions(cancellationToken: _stop.Token));
        Next = ReadAsync();
    }

    public MeshServer Server { get; }

    /// <summary>
    /// The next message; null if the stream ended in order. Ends with a <see cref="MeshException"/> if it did not, and with an
    /// <see cref="OperationCanceledException"/> if the token was cancelled.
    /// </summary>
    public Task<TMessage?> Next { get; private set; }

    /// <summary>Goes on to the message after the last one, which is there.</summary>
    public void Advance() => Next = ReadAsync();

    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _stop.Cancel();
        _call.Dispose();

        // The result of the read is not needed any more, its exception included.
        _ = Next.ContinueWith(static read => read.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        _stop.Dispose();
        Server.Release();
    }

    private async Task<TMessage?> ReadAsync()
    {
        try
        {
            return await _call.ResponseStream.MoveNext(_stop.Token).ConfigureAwait(false) ? _call.ResponseStream.Current : null;
        }
        catch (Exception exception)
        {
            _outer.ThrowIfCancellationRequested();
            var error = MeshFailure.Translate(Server, _question.Subject, exception);
            if (error.BlamesServer && !_stop.IsCancellationRequested)
            {
                Server.Fail(error, _epoch);
            }

            throw error;
        }
    }
}
