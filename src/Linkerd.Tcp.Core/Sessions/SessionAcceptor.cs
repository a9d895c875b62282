using System.Net;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Sessions;

/// <summary>
/// Takes the connections of one listener, and admits them within its limits: makes sessions of them, or refuses them. A client that is refused at accept
/// costs no session. Its options do not change: a listener with new options has another acceptor from then on, and sessions keep the one that they began with. Any thread.
/// </summary>
internal sealed partial class SessionAcceptor : IConnectionHandler
{
    private readonly RepeatFilter _failureFilter;

    // One for each refusal: a flood of one kind does not hide another kind.
    private readonly RepeatFilter[] _refusalFilters;
    private int _entered;

    /// <param name="services">The services that all sessions of the proxy share.</param>
    /// <param name="localEndPoint">The address of the listener.</param>
    /// <param name="limit">The limit whose places the listener takes.</param>
    /// <param name="before">The acceptor that it replaces, as the listener has new options; null if there is none.</param>
    public SessionAcceptor(SessionServices services, EndPoint localEndPoint, ConnectionLimit limit, SessionAcceptor? before = null)
    {
        Services = services;
        LocalEndPoint = localEndPoint;
        Limit = limit;

        // Frequent changes of options do not add log lines.
        _failureFilter = before?._failureFilter ?? new RepeatFilter(services.TimeProvider);
        _refusalFilters = before?._refusalFilters ?? [.. Enum.GetValues<RejectReason>().Select(_ => new RepeatFilter(services.TimeProvider))];
    }

    public SessionServices Services { get; }

    /// <summary>The policy for the sessions of the listener.</summary>
    public required SessionPolicy Policy { get; init; }

    /// <summary>The key of the listener; null if it has none.</summary>
    public string? Key { get; init; }

    public EndPoint LocalEndPoint { get; }

    public ConnectionLimit Limit { get; }

    /// <summary>The destination of all sessions to which no rule applies; null if <see cref="Route"/> chooses.</summary>
    public Destination? Destination { get; init; }

    /// <summary>Gives sessions a name before <see cref="Destination"/> and <see cref="Route"/>; null if the listener has no rules.</summary>
    public ServerNameRouter? ServerNames { get; init; }

    /// <summary>Chooses the name of a session; null refuses it. Not called if there is a <see cref="Destination"/>.</summary>
    public Func<SessionContext, DstPath?>? Route { get; init; }

    /// <summary>The peers that may connect; null for all.</summary>
    public ClientAccess? Access { get; init; }

    /// <summary>The limit of sessions that begin in a second; null for none.</summary>
    public TokenBucket? Rate { get; init; }

    /// <summary>The limit of sessions of one client; null for none.</summary>
    public ClientCounts? Clients { get; init; }

    /// <summary>The steps on each connection before it is admitted, in order.</summary>
    public IReadOnlyList<IPrelude> Preludes { get; init; } = [];

    /// <summary>The time that all preludes have together.</summary>
    public TimeSpan PreludeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The largest number of bytes that preludes look at without consuming them.</summary>
    public int MaxPreludeBytes { get; init; } = 16 * 1024;

    /// <summary>True while connections are handed to it (<see cref="Enter"/>), which may not be sessions yet.</summary>
    public bool IsEntered => Volatile.Read(ref _entered) > 0;

    /// <summary>Called before <see cref="OnAccepted"/>, to look after that whether this is still the acceptor in use.</summary>
    public void Enter() => Interlocked.Increment(ref _entered);

    /// <summary>Called after <see cref="OnAccepted"/>.</summary>
    public void Leave() => Interlocked.Decrement(ref _entered);

    public void OnAccepted(TransportConnection connection)
    {
        RejectReason refusal;
        SessionContext? context = null;
        ClientCount? place = null;
        string? detail = null;
        var isCounted = false;
        try
        {
            // Peers that may not connect at all use up nothing of the rate of the others. The rate comes next, as it is the cheapest.
            refusal = Access?.CheckPeer(LocalEndPoint, connection.RemoteEndPoint, out detail) ?? RejectReason.None;
            refusal = refusal == RejectReason.None && Rate?.TryTake() == false ? RejectReason.AcceptRate : refusal;
            if (refusal == RejectReason.None)
            {
                context = new SessionContext(this, connection);
                refusal = Preludes.Count == 0 ? TryAdmit(context, out place, out isCounted) : RejectReason.None;
            }
        }
        catch (Exception error)
        {
            // A connection that may be user code has no address, or the route threw; no place is held.
            Log.AcceptThrew(Services.ProxyLogger, error, NameOf(context));
            _ = CloseAsync(connection, context);
            return;
        }

        if (refusal == RejectReason.None)
        {
            new Session(context!, place, isCounted).Start();
        }
        else
        {
            _ = RefuseAsync(connection, context, refusal, detail);
        }
    }

    public void OnAcceptFailed(TransportException error, TimeSpan retryAfter)
    {
        Services.Instruments.AcceptFailed();
        if (_failureFilter.TryPass(out var suppressed))
        {
            Log.AcceptFailed(Services.ProxyLogger, error.Message, retryAfter.TotalMilliseconds, suppressed);
        }
    }

    /// <summary>Finds the destination of a session whose client is known, and takes its places. A session that one limit refuses takes nothing of the others.</summary>
    /// <param name="context">The session; its destination is set if it is known, also if the session is refused.</param>
    /// <param name="place">Its place among the sessions of its client; null if they are not limited.</param>
    /// <param name="isCounted">True if it has a place of the limit of its destination, which may get one, or lose it, while the session runs.</param>
    public RejectReason TryAdmit(SessionContext context, out ClientCount? place, out bool isCounted)
    {
        place = null;
        isCounted = false;
        Destination? held = null;
        var refusal = RejectReason.ClientSessions;
        try
        {
            context.Destination = ServerNames is null ? Destination : null;
            if (Clients?.TryAcquire(context.Client, out place) != false)
            {
                refusal = RejectReason.NoRoute;
                if (FindOwnName(context, out var isFixed) is { } name)
                {
                    context.Destination = held = Services.Destinations.TryHold(name, isFixed);
                    refusal = RejectReason.DestinationsFull;
                }
                else
                {
                    context.Destination = Destination;
                }

                if (context.Destination is { } destination)
                {
                    var limit = destination.SessionLimit;
                    isCounted = limit?.TryAcquire() == true;
                    refusal = limit is null || isCounted ? RejectReason.None : RejectReason.DestinationSessions;
                }
            }
        }
        finally
        {
            if (refusal != RejectReason.None)
            {
                Clients?.Release(place);
                place = null;
                held?.Use.Release();
                Rate?.Add(1);
            }
        }

        return refusal;
    }

    /// <summary>Gives back the places that a session took when it was admitted; once for each.</summary>
    public void ReleasePlaces(SessionContext context, ClientCount? place, bool isCounted)
    {
        Clients?.Release(place);
        if (isCounted)
        {
            context.Destination!.SessionLimit!.Release();
        }

        if (context.Destination != Destination)
        {
            // Held for the session.
            context.Destination!.Use.Release();
        }
    }

    /// <summary>Logs that a client was refused at accept, or because of its bytes before it had a destination.</summary>
    public void LogRefused(EndPoint? client, SessionContext? context, RejectReason refusal, string? detail)
    {
        if (_refusalFilters[(int)refusal].TryPass(out var suppressed))
        {
            var word = refusal.ToTag();
            Log.Refused(Services.ProxyLogger, client, NameOf(context), detail is null ? word : $"{word}, {detail}", suppressed);
        }
    }

    // The name of a session that does not go to the destination of all; null for one that does, and for one without a name.
    private DstPath? FindOwnName(SessionContext context, out bool isFixed)
    {
        isFixed = false;
        var name = ServerNames?.Find(context, out isFixed);
        if (name is null && Destination is null)
        {
            (name, isFixed) = (Route?.Invoke(context), false);
        }

        return name == Destination?.Name ? null : name;
    }

    private object NameOf(SessionContext? context) => (object?)context?.Name ?? (ServerNames is null ? Destination?.Name : null) ?? (object)"no name";

    private async Task RefuseAsync(TransportConnection connection, SessionContext? context, RejectReason refusal, string? detail)
    {
        try
        {
            LogRefused(context is null ? connection.RemoteEndPoint : context.Client, context, refusal, detail);
            Services.Instruments.Accepted();
            Services.Instruments.Refused(refusal.ToTag());
            Services.Instruments.ClosedUnserved(CloseReason.Rejected(refusal).Text);
            if (Services.Observer is { IsEnabled: true, ObservesRefusals: true } observer)
            {
                SessionReport.TellRefused(observer, context ?? new SessionContext(this, connection), refusal, detail);
            }
        }
        catch (Exception error)
        {
            // A listener of the meter, or the connection that is queried for its address.
            Log.AcceptThrew(Services.ProxyLogger, error, NameOf(context));
        }

        await CloseAsync(connection, context).ConfigureAwait(false);
    }

    private async Task CloseAsync(TransportConnection connection, SessionContext? context)
    {
        // The end must not be taken for a FIN.
        if (await ForeignConnection.ResetAsync(connection).ConfigureAwait(false) is { } error)
        {
            Log.AcceptThrew(Services.ProxyLogger, error, NameOf(context));
        }

        Limit.Release();
    }

    private static partial class Log
    {
        [LoggerMessage(4001, LogLevel.Warning, "{Error}; trying again in {RetryAfter} ms ({Suppressed} like this not shown)", EventName = "AcceptFailed")]
        public static partial void AcceptFailed(ILogger logger, string error, double retryAfter, int suppressed);

        [LoggerMessage(4005, LogLevel.Warning, "{Client} to {Name} was refused: {Refusal} ({Suppressed} like this not shown)", EventName = "Refused")]
        public static partial void Refused(ILogger logger, EndPoint? client, object name, string refusal, int suppressed);

        [LoggerMessage(4007, LogLevel.Error, "a connection to {Name} could not be accepted, as something of it threw; it is reset", EventName = "AcceptThrew")]
        public static partial void AcceptThrew(ILogger logger, Exception error, object name);
    }
}
