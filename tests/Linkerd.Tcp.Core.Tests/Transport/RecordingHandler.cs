using System.Threading.Channels;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

/// <summary>Keeps accepted connections until the test asks for them.</summary>
internal sealed class RecordingHandler : IConnectionHandler
{
    private readonly Channel<TransportConnection> _accepted = Channel.CreateUnbounded<TransportConnection>();
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public bool WasAlwaysOnExecutor { get; private set; } = true;

    public List<(TransportException Error, TimeSpan RetryAfter)> Failures { get; } = [];

    public async Task<TransportConnection> NextAsync() => await _accepted.Reader.ReadAsync(TestContext.Current.CancellationToken);

    public void OnAccepted(TransportConnection connection)
    {
        WasAlwaysOnExecutor &= connection.Executor.IsCurrent;
        Interlocked.Increment(ref _count);
        _accepted.Writer.TryWrite(connection);
    }

    public void OnAcceptFailed(TransportException error, TimeSpan retryAfter)
    {
        lock (Failures)
        {
            Failures.Add((error, retryAfter));
        }
    }
}
