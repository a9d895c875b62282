namespace Linkerd.Tcp;

/// <summary>
/// Takes the connections of one listener: makes sessions of them, or refuses them within the listener's limits. A connection that is refused
/// costs no session. Any thread.
/// </summary>
internal sealed partial class SessionAcceptor : IConnectionHandler
{
    private readonly TokenBucket? _rate;
    private readonly ClientCounts? _clients;
    private readonly RepeatFilter _failureFilter;

    // One for each refusal: a flood of one kind does not hide another kind.
    private readonly RepeatFilter[] _refusalFilters;

    /// <param name="services">What all sessions of the proxy share.</param>
    /// <param name="listener">The listener's options.</param>
    /// <param name="destination">Where its sessions go.</param>
    /// <param name="limit">Whose places the listener takes.</param>
    public SessionAcceptor(SessionServices services, ProxyListener listener, Destination destination, ConnectionLimit limit)
    {
        Services = services;
        Destination = destination;
        Limit = limit;
        _failureFilter = new RepeatFilter(services.TimeProvider);
        _refusalFilters = [.. Enum.GetValues<Refusal>().Select(_ => new RepeatFilter(services.TimeProvider))];
        if (listener.AcceptRate is { } rate)
        {
            _rate = new TokenBucket(rate, listener.AcceptBurst ?? Math.Ceiling(rate), services.TimeProvider);
        }

        if (listener.MaxSessionsPerClient is { } most)
        {
            _clients = new ClientCounts(most);
        }
    }

    public SessionServices Services { get; }

    public Destination Destination { get; }

    public ConnectionLimit Limit { get; }

    public void OnAccepted(TransportConnection connection)
    {
        Refusal refusal;
        ClientCount? client;
        try
        {
            refusal = TryTakePlaces(connection, out client);
        }
        catch (Exception error)
        {
            // Somebody else's connection does not tell its address; no place was taken before that was asked for.
            Log.AcceptThrew(Services.ProxyLogger, error, Destination.Name);
            _ = CloseAsync(connection);
            return;
        }

        if (refusal == Refusal.None)
        {
            new ClientSession(this, connection, client).Start();
        }
        else
        {
            _ = RefuseAsync(connection, refusal);
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

    /// <summary>Gives back what a session took when it was accepted, other than its listener's place; once for each.</summary>
    public void ReleasePlaces(ClientCount? client)
    {
        _clients?.Release(client);
        Destination.SessionLimit?.Release();
    }

    // The rate is asked first, as that costs least; what another limit refuses is no session, and takes nothing of the rate from other clients.
    private Refusal TryTakePlaces(TransportConnection connection, out ClientCount? client)
    {
        client = null;
        if (_rate?.TryTake() == false)
        {
            return Refusal.AcceptRate;
        }

        if (_clients?.TryAcquire(connection.RemoteEndPoint, out client) == false)
        {
            _rate?.Add(1);
            return Refusal.ClientSessions;
        }

        if (Destination.SessionLimit?.TryAcquire() == false)
        {
            _clients?.Release(client);
            _rate?.Add(1);
            return Refusal.DestinationSessions;
        }

        return Refusal.None;
    }

    private async Task RefuseAsync(TransportConnection connection, Refusal refusal)
    {
        try
        {
            if (_refusalFilters[(int)refusal].TryPass(out var suppressed))
            {
                Log.Refused(Services.ProxyLogger, connection.RemoteEndPoint, Destination.Name, refusal.ToWord(), suppressed);
            }

            Services.Instruments.Accepted();
            Services.Instruments.Refused(refusal.ToWord());
            Services.Instruments.ClosedUnserved(CloseReason.Refused(refusal).Text);
        }
        catch (Exception error)
        {
            // Who listens to the meter, or the connection that is asked for its address.
            Log.AcceptThrew(Services.ProxyLogger, error, Destination.Name);
        }

        await CloseAsync(connection).ConfigureAwait(false);
    }

    private async Task CloseAsync(TransportConnection connection)
    {
        // Nobody may take the end for a FIN.
        if (await ForeignConnection.ResetAsync(connection).ConfigureAwait(false) is { } error)
        {
            Log.AcceptThrew(Services.ProxyLogger, error, Destination.Name);
        }

        Limit.Release();
    }
}
