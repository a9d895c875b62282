using System.Net;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp;

internal sealed partial class ClientSession
{
    private void LogEnd(in ConnectOutcome outcome, EndPoint? server, CloseReason reason, TimeSpan duration)
    {
        if (!outcome.IsConnected && !reason.IsNormal && reason.By is ClosedBy.Server or ClosedBy.Resources && _services.UnservedFilter.TryPass(out var suppressed))
        {
            Log.Unserved(_services.Logger, _client.RemoteEndPoint, _destination.Name, outcome.Detail, outcome.Attempts, reason, suppressed);
        }

        if (_services.Logger.IsEnabled(LogLevel.Debug))
        {
            var bytes = CountBytes();
            Log.Ended(
                _services.Logger,
                _client.RemoteEndPoint,
                _destination.Name,
                (object?)server ?? "no server",
                reason,
                duration.TotalMilliseconds,
                bytes.FromClient,
                bytes.ToServer,
                bytes.FromServer,
                bytes.ToClient);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(4100, LogLevel.Debug,
            "{Client} to {Name} through {Server} ended {Reason} after {Duration:0.0} ms; {FromClient} bytes from the client, {ToServer} to the server, {FromServer} from the server, {ToClient} to the client",
            EventName = "SessionEnded")]
        public static partial void Ended(
            ILogger logger, EndPoint? client, DstPath name, object server, CloseReason reason, double duration, long fromClient, long toServer, long fromServer, long toClient);

        [LoggerMessage(4101, LogLevel.Warning,
            "{Client} to {Name} could not be served: {Detail} ({Attempts} endpoints tried, {Reason}; {Suppressed} like this not shown)", EventName = "SessionUnserved")]
        public static partial void Unserved(ILogger logger, EndPoint? client, DstPath name, string? detail, int attempts, CloseReason reason, int suppressed);

        [LoggerMessage(4102, LogLevel.Error, "a session to {Name} failed", EventName = "SessionFailed")]
        public static partial void Failed(ILogger logger, Exception error, DstPath name);
    }
}
