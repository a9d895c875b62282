using System.Net;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Dialing.Checking;

/// <summary>Checks one address: connects, and, depending on the options, sends bytes and looks for others. Any thread, any number at a time.</summary>
/// <param name="dialer">Connects.</param>
/// <param name="options">The options of the check.</param>
/// <param name="policy">Gets the options of sessions' connections; checks use the same.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="setup">The steps of the destination's connections, as for one without a client; null if there are none.</param>
internal sealed class EndpointCheck(Dialer dialer, ActiveCheckOptions options, Func<ConnectOptions> policy, TimeProvider timeProvider, ConnectionSetup? setup = null)
{
    /// <summary>Runs one check. Throws only the exceptions that a transport throws against its contract.</summary>
    public async Task<CheckResult> RunAsync(EndPoint address, EndpointMetadata? metadata, CancellationToken cancellationToken)
    {
        var startedAt = timeProvider.GetTimestamp();
        var connect = policy();
        var request = new DialRequest { Address = address, Policy = connect, Timeout = options.Timeout, Tcp = WithRoom(connect.Tcp ?? TcpOptions.Defaults), Setup = setup, Metadata = metadata };
        var connected = await dialer.DialAsync(request, cancellationToken).ConfigureAwait(false);
        if (!connected.IsConnected)
        {
            var detail = connected.Detail ?? connected.Failure.ToString();
            var isOfTheServer = connected.Failure switch
            {
                ConnectFailure.LocalResources or ConnectFailure.Cancelled => false,
                ConnectFailure.Tls => setup is not { HandshakeDependsOnClient: true },
                _ => true,
            };
            return !isOfTheServer ? CheckResult.Inconclusive(detail) : CheckResult.Failed(detail);
        }

        var connection = connected.Connection;
        try
        {
            await connection.Executor.Resume();
            var result = CheckResult.Passed;
            if (options.Send.IsEmpty && options.Expect.IsEmpty)
            {
                // A RST: thousands of checks would leave as many ports behind in TIME_WAIT.
                connection.Abort();
            }
            else
            {
                // Nothing is left if the process was stopped while it connected; the server is not to blame.
                var left = options.Timeout - timeProvider.GetElapsedTime(startedAt);
                result = await new ProbeExchange(connection, options).RunAsync(left > TimeSpan.Zero ? left : options.Timeout, cancellationToken).ConfigureAwait(false);
            }

            await connection.DisposeAsync().ConfigureAwait(false);
            return result;
        }
        catch
        {
            // A connection that may be user code: the next check makes another, and this one must not be left behind.
            await ForeignConnection.ResetAsync(connection).ConfigureAwait(false);
            throw;
        }
    }

    // An answer is looked at as a whole, so there must be room for all of it.
    private static TcpOptions WithRoom(TcpOptions tcp)
    {
        if (tcp.WindowSize >= ActiveCheckOptions.MaxExaminedBytes)
        {
            return tcp;
        }

        var own = tcp.Copy();
        own.WindowSize = ActiveCheckOptions.MaxExaminedBytes;
        return own;
    }
}
