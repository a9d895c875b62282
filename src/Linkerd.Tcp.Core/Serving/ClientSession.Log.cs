using System.Net;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp;

internal sealed partial class ClientSession
{
    private void LogEnd(in ConnectOutcome outcome, EndPoint? server, CloseReason reason, TimeSpan duration)
    {
        if (IsUnserved(reason) && Services.UnservedFilter.TryPass(out var suppressed))
        {
            Log.Unserved(Services.Logger, _client.RemoteEndPoint, Destination.Name, outcome.Detail, TriedOf(outcome), reason, suppressed);
        }

        if (Services.Logger.IsEnabled(LogLevel.Debug))
        {
            var bytes = CountBytes();
            Log.Ended(
                Services.Logger,
                _client.RemoteEndPoint,
                Destination.Name,
                (object?)server ?? "no server",
                reason,
                duration.TotalMilliseconds,
                bytes.FromClient,
                bytes.ToServer,
                bytes.FromServer,
                bytes.ToClient);
        }
    }

    // Short of local resources no endpoint has failed.
    internal static string TriedOf(in ConnectOutcome outcome) => (outcome.Attempts, outcome.Endpoints) switch
    {
        (0, _) => "no attempt",
        (1, _) => "1 attempt",
        (var attempts, 0) => $"{attempts} attempts",
        (var attempts, 1) => $"{attempts} attempts at 1 endpoint",
        var (attempts, endpoints) => $"{attempts} attempts at {endpoints} endpoints",
    };

    // A client that left, and an operator who ended it, are no trouble of the proxy's.
    private static bool IsUnserved(CloseReason reason) =>
        reason.Refusal != Refusal.None || reason is { By: ClosedBy.Server or ClosedBy.Resources, Phase: ClosePhase.Queue or ClosePhase.Connect };

    private static partial class Log
    {
        [LoggerMessage(4100, LogLevel.Debug,
            "{Client} to {Name} through {Server} ended {Reason} after {Duration:0.0} ms; {FromClient} bytes from the client, {ToServer} to the server, {FromServer} from the server, {ToClient} to the client",
            EventName = "SessionEnded")]
        public static partial void Ended(
            ILogger logger, EndPoint? client, DstPath name, object server, CloseReason reason, double duration, long fromClient, long toServer, long fromServer, long toClient);

        [LoggerMessage(4101, LogLevel.Warning,
            "{Client} to {Name} could not be served: {Detail} ({Tried}, {Reason}; {Suppressed} like this not shown)", EventName = "SessionUnserved")]
        public static partial void Unserved(ILogger logger, EndPoint? client, DstPath name, string? detail, string tried, CloseReason reason, int suppressed);

        [LoggerMessage(4102, LogLevel.Error, "a session to {Name} failed", EventName = "SessionFailed")]
        public static partial void Failed(ILogger logger, Exception error, DstPath name);
    }
}
