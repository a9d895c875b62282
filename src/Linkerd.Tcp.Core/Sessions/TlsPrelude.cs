using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Security.Connections;
using Linkerd.Tcp.Security.Hello;

namespace Linkerd.Tcp.Sessions;

/// <summary>
/// Ends TLS: runs the handshake with the client, and puts the connection of plaintext in the place of the encrypted one. It gives the session the server name and the application protocol. One
/// instance serves all sessions of a listener.
/// </summary>
/// <param name="acceptor">Runs the handshakes.</param>
/// <param name="windowSize">The most that one receive hands out, in bytes.</param>
internal sealed class TlsPrelude(TlsAcceptor acceptor, int windowSize) : IPrelude
{
    /// <inheritdoc/>
    public async ValueTask<PreludeResult> RunAsync(PreludeRun run)
    {
        var result = await acceptor.AcceptAsync(run.Connection, windowSize, run.CancellationToken).ConfigureAwait(false);
        if (result.Connection is { } connection)
        {
            run.Connection = connection;
            run.Context.Greeting = connection.HasAskedForTls ? new ClientGreeting { HasAskedForTls = true } : null;
            run.Context.ServerName = connection.ServerName ?? run.Context.ServerName;
            run.Context.ApplicationProtocol = connection.ApplicationProtocol ?? run.Context.ApplicationProtocol;
            return PreludeResult.Done;
        }

        if (result.Failure == TlsFailure.Protocol)
        {
            // The client has the alert. A reset could throw away what it has not read yet.
            await run.Connection.Executor.Resume();
            await run.Connection.DisposeAsync().ConfigureAwait(false);
        }

        return result.Failure switch
        {
            TlsFailure.Protocol => PreludeResult.Refused(RejectReason.Tls, result.Detail!),
            TlsFailure.TooMany => PreludeResult.Refused(RejectReason.TlsHandshakes, result.Detail!),
            _ => PreludeResult.Ended(result.Status),
        };
    }
}
