using Linkerd.Tcp.Security.Hello;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Dialing;

/// <summary>Asks a PostgreSQL server for TLS on a connection that was just made: sends an SSLRequest, and wants exactly <c>S</c>.</summary>
/// <remarks>
/// PostgreSQL, "SSL Session Encryption". Bytes behind the answer may be a third party's, injected in plaintext (CVE-2021-23222), and must not be taken for what the server sends later.
/// </remarks>
/// <param name="connection">The connection.</param>
internal sealed class PostgresRequestSender(TransportConnection connection) : ITimerHandler
{
    private static readonly byte[] Request = [0, 0, 0, 8, 4, 0xD2, 0x16, 0x2F];

    private volatile bool _isTimeOver;
    private bool _isSpared;

    /// <summary>Runs the exchange. Throws only the exceptions that the connection throws against its contract.</summary>
    /// <param name="timeout">The time that it has.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The connection, or the reason why there is none any more: it is closed.</returns>
    public async ValueTask<ConnectResult> RunAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            await connection.Executor.Resume();
            if (timeout != Timeout.InfiniteTimeSpan)
            {
                connection.Deadline.Arm(timeout, this);
            }

            ConnectResult? failed;
            using (cancellationToken.UnsafeRegister(static connection => ForeignConnection.TryAbort((TransportConnection)connection!), connection))
            {
                failed = await ExchangeAsync(cancellationToken).ConfigureAwait(false);
            }

            await connection.Executor.Resume();
            connection.Deadline.Disarm();
            if (failed is not { } failure)
            {
                return ConnectResult.Connected(connection);
            }

            connection.Abort();
            await connection.DisposeAsync().ConfigureAwait(false);
            return failure;
        }
        catch
        {
            await ForeignConnection.ResetAsync(connection).ConfigureAwait(false);
            throw;
        }
    }

    void ITimerHandler.OnTimer()
    {
        // The answer is there, and has not been read yet: the process was stopped, or is short of processor time.
        if (!_isSpared && connection.HasUnseenInput)
        {
            _isSpared = true;
            connection.Deadline.Arm(TransportTimer.LateMoment, this);
            return;
        }

        _isTimeOver = true;
        ForeignConnection.TryAbort(connection);
    }

    /// <returns>The failure; null if the server has agreed.</returns>
    private async ValueTask<ConnectResult?> ExchangeAsync(CancellationToken cancellationToken)
    {
        var status = await connection.SendAsync(Request).ConfigureAwait(false);
        if (status == TransportStatus.Ok)
        {
            var received = await connection.ReceiveAsync().ConfigureAwait(false);
            if (!received.Data.IsEmpty)
            {
                var problem = FindProblem(received.Data.Span);
                connection.Advance(received.Data.Length);
                return problem is null ? null : ConnectResult.Failed(ConnectFailure.Tls, problem);
            }

            status = received.Status;
        }

        return _isTimeOver || status == TransportStatus.TimedOut ? ConnectResult.Failed(ConnectFailure.TimedOut, "the server did not answer the PostgreSQL SSLRequest in time")
            : cancellationToken.IsCancellationRequested ? ConnectResult.Failed(ConnectFailure.Cancelled, "given up before the server answered the PostgreSQL SSLRequest")
            : ConnectResult.Failed(
                status == TransportStatus.Reset ? ConnectFailure.Reset : ConnectFailure.Tls, "the server ended the connection before it answered the PostgreSQL SSLRequest");
    }

    private static string? FindProblem(ReadOnlySpan<byte> answer) => answer switch
    {
        [(byte)'S'] => null,
        [(byte)'S', ..] => "the server sent bytes behind its answer to the PostgreSQL SSLRequest, which may be a third party's (CVE-2021-23222)",
        [(byte)'N'] => "the server refused the PostgreSQL SSLRequest: it has no TLS",
        [(byte)'E', ..] => $"the server answered the PostgreSQL SSLRequest with an error, {PlainBytes.Quote(answer)}",
        _ => $"the server answered the PostgreSQL SSLRequest with {PlainBytes.Quote(answer)}; expected 'S'",
    };
}
