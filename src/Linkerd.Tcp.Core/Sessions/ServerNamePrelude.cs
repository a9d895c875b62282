using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Security.Hello;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Sessions;

/// <summary>
/// Reads the client's ClientHello, without consuming it, and gives the session the server name and the application protocols. Requests of PostgreSQL for encryption are answered. A client without a
/// ClientHello goes on to the default of its listener. One instance serves all sessions of a listener.
/// </summary>
/// <param name="hasDefault">True if the listener has a name for clients to which no rule applies.</param>
internal sealed partial class ServerNamePrelude(bool hasDefault) : IPrelude
{
    /// <summary>The most that is looked at: the longest ClientHello in records of five bytes and more; shorter ones may be in records of one byte.</summary>
    public const int MaxBytes = 2 * ClientHelloReader.MaxLength;

    /// <inheritdoc/>
    public async ValueTask<PreludeResult> RunAsync(PreludeRun run)
    {
        var greeting = new ClientGreeting();
        run.Context.Greeting = greeting;
        var reader = default(GreetingReader);
        var look = hasDefault ? run.BeginLook() : CancellationToken.None;
        while (!run.IsFull)
        {
            var received = await run.ReceiveAsync(look).ConfigureAwait(false);
            if (received.Data.IsEmpty)
            {
                // A client that has sent something may wait for the answer to it.
                greeting.Problem = look.IsCancellationRequested ? "the client sent no TLS ClientHello in time" : "the client sent no whole TLS ClientHello before its FIN";
                var isServed = look.IsCancellationRequested || (look.CanBeCanceled && received.Status == TransportStatus.Ok && run.Connection.UnreadBytes > 0);
                return isServed ? PreludeResult.Done : PreludeResult.Ended(received.Status);
            }

            var result = reader.Read(received.Data.Span);
            if (result.Answer != 0)
            {
                // No server has sent this answer: from here on a client that is silent cannot wait for a server's first bytes.
                look = CancellationToken.None;
                run.EndLook();
                run.Advance(GreetingResult.RequestLength);
                greeting.HasAskedForTls = reader.HasAskedForTls;
                if (await run.Connection.SendAsync(new[] { result.Answer }).ConfigureAwait(false) is var status and not TransportStatus.Ok)
                {
                    return PreludeResult.Ended(status);
                }

                continue;
            }

            run.Advance(0);
            if (result.Violation is not null || result.Hello.Status != ClientHelloStatus.NeedsMore)
            {
                run.EndLook();
                return await TakeAsync(run.Context, result).ConfigureAwait(false);
            }
        }

        return PreludeResult.Refused(RejectReason.Tls, FormattableString.Invariant($"the ClientHello has not ended after {run.Connection.UnreadBytes} bytes"));
    }

    private static async ValueTask<PreludeResult> TakeAsync(SessionContext context, GreetingResult result)
    {
        var hello = result.Hello;
        if (result.Violation is not null || hello.Status == ClientHelloStatus.Malformed)
        {
            await TlsRefusal.CloseAsync(context.Connection, result.Violation is null ? hello.Alert : null).ConfigureAwait(false);
            return PreludeResult.Refused(RejectReason.Tls, result.Violation ?? hello.Error!);
        }

        var greeting = context.Greeting!;
        greeting.Hello = hello.Hello;
        greeting.Problem = hello.Error;
        context.ServerName = hello.Hello?.ServerName ?? context.ServerName;
        var logger = context.Acceptor.Services.Logger;
        if (logger.IsEnabled(LogLevel.Debug))
        {
            Log.Read(logger, context.Client, ServerNameRouter.Describe(context));
        }

        return PreludeResult.Done;
    }

    private static partial class Log
    {
        [LoggerMessage(4105, LogLevel.Debug, "{Client} began with: {Greeting}", EventName = "GreetingRead")]
        public static partial void Read(ILogger logger, System.Net.EndPoint? client, string greeting);
    }
}
