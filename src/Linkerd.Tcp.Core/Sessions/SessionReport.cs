using System.Net;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Routing;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Sessions;

/// <summary>The end of one session as the metrics, the log and the observer receive it.</summary>
internal readonly ref partial struct SessionReport
{
    public required SessionContext Context { get; init; }

    public required CloseReason Reason { get; init; }

    /// <summary>The endpoint; null if the session was not connected.</summary>
    public required EndPoint? Server { get; init; }

    /// <summary>The search for a server connection, if it was in vain; otherwise null.</summary>
    public required Establishment? Failed { get; init; }

    /// <summary>The time from the start of the copy to the first bytes of the server; null if none came.</summary>
    public required TimeSpan? FirstByte { get; init; }

    /// <summary>The description of a prelude, if it ended the session.</summary>
    public required string? PreludeDetail { get; init; }

    public required SessionTimes? Times { get; init; }

    public required ByteTotals Bytes { get; init; }

    private string? Detail => PreludeDetail ?? Failed?.Detail;

    /// <summary>Reports to all of them. Throws the exceptions of listeners of the meter and of connections that are user code; those of the observer are logged.</summary>
    public void Tell()
    {
        var services = Context.Acceptor.Services;
        var duration = services.TimeProvider.GetElapsedTime(Context.StartedAt);
        services.Instruments.Closed(Reason.Text, duration);
        if (Reason.RejectReason != RejectReason.None)
        {
            services.Instruments.Refused(Reason.RejectReason.ToTag());
        }

        LogEnd(services, duration);
        if (services.Observer is { IsEnabled: true } observer)
        {
            Tell(observer, static (observer, record) => observer.OnSessionEnded(record), NewRecord(duration, hasEnded: true));
        }
    }

    /// <summary>Reports the start of the copy to an observer. Throws the exceptions of connections that are user code.</summary>
    public void TellStart(ISessionObserver observer) => Tell(observer, static (observer, record) => observer.OnSessionStarted(record), NewRecord());

    /// <summary>Reports a client that was refused at accept, which was no session, to an observer. Throws the exceptions of connections that are user code.</summary>
    public static void TellRefused(ISessionObserver observer, SessionContext context, RejectReason refusal, string? detail)
    {
        var report = new SessionReport
        {
            Context = context,
            Reason = CloseReason.Rejected(refusal),
            Server = null,
            Failed = null,
            PreludeDetail = detail,
            Times = null,
            FirstByte = null,
            Bytes = default,
        };
        report.Tell(observer, static (observer, record) => observer.OnSessionEnded(record), report.NewRecord(context.Acceptor.Services.TimeProvider.GetElapsedTime(context.StartedAt), hasEnded: true));
    }

    /// <summary>Returns the record of a session that runs.</summary>
    public SessionRecord NewRecord() => NewRecord(Context.Acceptor.Services.TimeProvider.GetElapsedTime(Context.StartedAt), hasEnded: false);

    // If local resources are short, no endpoint has failed.
    internal static string DescribeAttempts(int attempts, int endpoints) => (attempts, endpoints) switch
    {
        (0, _) => "no attempt",
        (1, _) => "1 attempt",
        (_, 0) => $"{attempts} attempts",
        (_, 1) => $"{attempts} attempts at 1 endpoint",
        _ => $"{attempts} attempts at {endpoints} endpoints",
    };

    private void LogEnd(SessionServices services, TimeSpan duration)
    {
        if (Reason.RejectReason != RejectReason.None && Reason.Phase == ClosePhase.Accept)
        {
            Context.Acceptor.LogRefused(Context.Client, Context, Reason.RejectReason, PreludeDetail);
        }
        else if (IsUnserved && services.UnservedFilter.TryPass(out var suppressed))
        {
            var tried = DescribeAttempts(Failed?.Attempts ?? 0, Failed?.Endpoints ?? 0);
            Log.Unserved(services.Logger, Context.Client, NameOf(Context), Detail, tried, Reason, suppressed);
        }

        if (services.Logger.IsEnabled(LogLevel.Debug))
        {
            Log.Ended(
                services.Logger,
                Context.Client,
                NameOf(Context),
                (object?)Server ?? "no server",
                Reason,
                duration.TotalMilliseconds,
                Bytes.FromClient,
                Bytes.ToServer,
                Bytes.FromServer,
                Bytes.ToClient);
        }
    }

    private SessionRecord NewRecord(TimeSpan duration, bool hasEnded)
    {
        // Asked for now, as the observer may look at them later: engines keep them, and an address that cannot be told is found out here.
        _ = (Context.Peer, Context.Local);
        return new SessionRecord
        {
            Session = Context,
            Start = Context.Start,
            Server = Server,
            HasEnded = hasEnded,
            ServerTls = Times?.ServerTls,
            Reason = Reason,
            Detail = Detail,
            BytesFromClient = Bytes.FromClient,
            BytesToServer = Bytes.ToServer,
            BytesFromServer = Bytes.FromServer,
            BytesToClient = Bytes.ToClient,
            Attempts = Times?.Attempts ?? 0,
            Prelude = Times?.Prelude ?? (Context.Acceptor.Preludes.Count == 0 ? TimeSpan.Zero : duration),
            Establishing = Times?.Establishing ?? TimeSpan.Zero,
            Queued = Times?.Queued ?? TimeSpan.Zero,
            Connecting = Times?.Connecting ?? TimeSpan.Zero,
            FirstByte = FirstByte is { } after && Times is not null ? Times.Prelude + Times.Establishing + after : null,
            Duration = duration,
        };
    }

    private void Tell(ISessionObserver observer, Action<ISessionObserver, SessionRecord> tell, SessionRecord record)
    {
        var services = Context.Acceptor.Services;
        try
        {
            tell(observer, record);
        }
        catch (Exception error)
        {
            if (services.ObserverFilter.TryPass(out var suppressed))
            {
                Log.ObserverThrew(services.Logger, error, suppressed);
            }
        }
    }

    // A client that left, and an operator who ended it, are no problem of the proxy's.
    private bool IsUnserved =>
        Reason.RejectReason != RejectReason.None || Reason is { By: ClosedBy.Server or ClosedBy.Resources, Phase: ClosePhase.Queue or ClosePhase.Connect };

    private static object NameOf(SessionContext context) => (object?)context.Name ?? "no name";

    /// <summary>Logs that user code threw.</summary>
    public static void TellFault(SessionContext context, Exception error) => Log.Failed(context.Acceptor.Services.Logger, error, NameOf(context));

    private static partial class Log
    {
        [LoggerMessage(4100, LogLevel.Debug,
            "{Client} to {Name} through {Server} ended {Reason} after {Duration:0.0} ms; {FromClient} bytes from the client, {ToServer} to the server, {FromServer} from the server, {ToClient} to the client",
            EventName = "SessionEnded")]
        public static partial void Ended(
            ILogger logger, EndPoint? client, object name, object server, CloseReason reason, double duration, long fromClient, long toServer, long fromServer, long toClient);

        [LoggerMessage(4101, LogLevel.Warning,
            "{Client} to {Name} could not be served: {Detail} ({Tried}, {Reason}; {Suppressed} like this not shown)", EventName = "SessionUnserved")]
        public static partial void Unserved(ILogger logger, EndPoint? client, object name, string? detail, string tried, CloseReason reason, int suppressed);

        [LoggerMessage(4102, LogLevel.Error, "a session to {Name} failed", EventName = "SessionFailed")]
        public static partial void Failed(ILogger logger, Exception error, object name);

        [LoggerMessage(4103, LogLevel.Error, "the session observer threw ({Suppressed} like this not shown)", EventName = "SessionObserverThrew")]
        public static partial void ObserverThrew(ILogger logger, Exception error, int suppressed);
    }
}
