using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Dialing.Checking;

/// <summary>The exchange of bytes of one check, within its time.</summary>
internal sealed class ProbeExchange(TransportConnection connection, ActiveCheckOptions options) : ITimerHandler
{
    private volatile bool _isTimeOver;
    private bool _isSpared;

    /// <summary>Sends the bytes and waits for the answer. The connection is still to be disposed: it has sent its FIN if the check passed, and is reset otherwise.</summary>
    /// <param name="time">The remaining time of the check.</param>
    /// <param name="cancellationToken">Gives the check up.</param>
    public async ValueTask<CheckResult> RunAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        using var giveUp = cancellationToken.UnsafeRegister(static connection => ForeignConnection.TryAbort((TransportConnection)connection!), connection);
        connection.Deadline.Arm(time, this);
        var wrong = await SendAsync().ConfigureAwait(false) ?? await ExpectAsync().ConfigureAwait(false);
        connection.Deadline.Disarm();
        if (wrong is null)
        {
            connection.ShutdownSend();
            return CheckResult.Passed;
        }

        connection.Abort();
        return cancellationToken.IsCancellationRequested ? CheckResult.Inconclusive("given up") : CheckResult.Failed(wrong);
    }

    void ITimerHandler.OnTimer()
    {
        // The answer is there, and has not been read yet: the process was stopped, or is short of processor time.
        try
        {
            if (!_isSpared && connection.HasUnseenInput)
            {
                _isSpared = true;
                connection.Deadline.Arm(options.Timeout, this);
                return;
            }
        }
        catch (Exception)
        {
            // A connection that may be user code: the time of the check is over all the same.
            _isSpared = true;
        }

        _isTimeOver = true;
        ForeignConnection.TryAbort(connection);
    }

    /// <returns>The problem; null if there is none.</returns>
    private async ValueTask<string?> SendAsync()
    {
        var status = options.Send.IsEmpty ? TransportStatus.Ok : await connection.SendAsync(options.Send).ConfigureAwait(false);
        return status == TransportStatus.Ok ? null : Describe(status);
    }

    /// <inheritdoc cref="SendAsync"/>
    private async ValueTask<string?> ExpectAsync()
    {
        while (!options.Expect.IsEmpty)
        {
            var received = await connection.ReceiveAsync().ConfigureAwait(false);
            if (received.Data.IsEmpty)
            {
                return Describe(received.Status);
            }

            var answer = received.Data.Span;
            if (answer.IndexOf(options.Expect.Span) >= 0)
            {
                connection.Advance(answer.Length);
                return null;
            }

            connection.Advance(0);
            if (answer.Length >= ActiveCheckOptions.MaxExaminedBytes)
            {
                return $"the expected bytes are not among the first {answer.Length}";
            }
        }

        return null;
    }

    private string Describe(TransportStatus status) => _isTimeOver
        ? $"the expected answer did not come within {options.Timeout.TotalSeconds:0.###} s"
        : status == TransportStatus.Ok ? "the server closed before the expected answer" : $"the connection ended before the expected answer: {status}";
}
