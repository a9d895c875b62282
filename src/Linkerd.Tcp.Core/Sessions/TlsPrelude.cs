using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Security.Connections;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Security.Hello;

namespace Linkerd.Tcp.Sessions;

/// <summary>
/// Ends TLS: runs the handshake with the client, and puts the connection of plaintext in the place of the encrypted one. It gives the session the server name and the application protocol. One
/// instance serves all sessions of a listener.
/// </summary>
/// <param name="acceptor">Runs the handshakes.</param>
/// <param name="rates">The limit of handshakes that one client begins in a second; null for none.</param>
/// <param name="windowSize">The most that one receive hands out, in bytes.</param>
internal sealed class TlsPrelude(TlsAcceptor acceptor, ClientRates? rates, int windowSize) : IPrelude
{
    /// <inheritdoc/>
    public async ValueTask<PreludeResult> RunAsync(PreludeRun run)
    {
        var settings = run.Context.Acceptor;
        var (instruments, clock) = (settings.Services.Tls, settings.Services.TimeProvider);

        // The client of a PROXY header, if there was one.
        if (rates?.TryTake(run.Context.Client) == false)
        {
            instruments.Failed("rate");
            return PreludeResult.Refused(RejectReason.TlsHandshakeRate, "its address has begun too many TLS handshakes");
        }

        var startedAt = clock.GetTimestamp();
        TlsResult result;
        instruments.Begin();
        try
        {
            result = await acceptor.AcceptAsync(run.Connection, windowSize, run.CancellationToken).ConfigureAwait(false);
        }
        finally
        {
            instruments.End();
        }

        if (result.Tls is { } session)
        {
            instruments.Succeeded(session.Details.VersionWord, result.IsResumed, clock.GetElapsedTime(startedAt));
            session.Instruments = instruments;
            run.Context.ClientTls = session.Details;
            run.Connection = result.Connection!;
            run.Context.Greeting = session.HasAskedForTls ? new ClientGreeting { HasAskedForTls = true } : null;
            run.Context.ServerName = session.ServerName ?? run.Context.ServerName;
            run.Context.ApplicationProtocol = session.Details.ApplicationProtocol ?? run.Context.ApplicationProtocol;
            return PreludeResult.Done;
        }

        // The session may end at its timeout, or for another reason that is not the client's, in the middle of any step.
        var isGivenUp = result.Cause is "closed" or "protocol" && run.CancellationToken.IsCancellationRequested;
        instruments.Failed(!isGivenUp ? result.Cause : clock.GetElapsedTime(run.Context.StartedAt) >= settings.PreludeTimeout ? "timeout" : "cancelled");
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
