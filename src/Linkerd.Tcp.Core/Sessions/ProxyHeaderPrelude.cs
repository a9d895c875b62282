using System.Net;
using System.Text;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.ProxyProtocol;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Sessions;

/// <summary>
/// Reads the PROXY header of trusted peers, which must send it, and does nothing with others. It gives the session the client's address, the one that the client connected to, and the names
/// that the header has. One instance serves all sessions of a listener.
/// </summary>
/// <param name="access">The peers that are trusted, and the clients that may connect.</param>
/// <param name="maxBytes">The largest number of bytes that preludes look at.</param>
internal sealed partial class ProxyHeaderPrelude(ClientAccess access, int maxBytes) : IPrelude
{
    // Behind the header there is room for the bytes that a later prelude looks at.
    private const int RoomForData = 1024;
    private const int MaxLine = 107;
    private const int MaxBlock = 64 * 1024 - 256;

    private readonly int _maxLength = Math.Clamp(maxBytes - RoomForData, MaxLine, MaxBlock);

    /// <inheritdoc/>
    public ValueTask<PreludeResult> RunAsync(PreludeRun run) =>
        access.Trusts(run.Context.Listener, run.Context.Peer) ? ReadAsync(run) : new(PreludeResult.Done);

    private async ValueTask<PreludeResult> ReadAsync(PreludeRun run)
    {
        while (!run.IsFull)
        {
            var received = await run.ReceiveAsync().ConfigureAwait(false);
            if (received.Data.IsEmpty)
            {
                return PreludeResult.Ended(received.Status);
            }

            var result = ProxyHeader.Read(received.Data.Span, _maxLength);
            run.Advance(result.Consumed);
            if (result.Error is { } error)
            {
                return PreludeResult.Refused(RejectReason.ProxyProtocol, $"the PROXY header is invalid: {error}");
            }

            if (result.Header is { } header)
            {
                return Take(run.Context, header);
            }
        }

        return run.TooMuch;
    }

    private PreludeResult Take(SessionContext context, ProxyHeader header)
    {
        context.ProxyHeader = header;
        context.ServerName = header.Authority;
        context.ApplicationProtocol = header.Alpn.IsEmpty ? null : Encoding.Latin1.GetString(header.Alpn.Span);
        var logger = context.Acceptor.Services.Logger;
        if (logger.IsEnabled(LogLevel.Debug))
        {
            Log.Received(logger, context.Peer, header);
        }

        return access.CheckClient(context.Listener, context.Client, out var detail) is var refusal and not RejectReason.None ? PreludeResult.Refused(refusal, detail!) : PreludeResult.Done;
    }

    private static partial class Log
    {
        [LoggerMessage(4104, LogLevel.Debug, "{Peer} sent a PROXY header: {Header}", EventName = "ProxyHeaderReceived")]
        public static partial void Received(ILogger logger, EndPoint? peer, ProxyHeader header);
    }
}
