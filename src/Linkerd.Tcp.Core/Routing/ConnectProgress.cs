namespace Linkerd.Tcp;

/// <summary>How far one session has come on its way to a server connection. A mutable struct, part of the connector's asynchronous method.</summary>
internal struct ConnectProgress
{
    private const int RefusalsPerTurn = 16;

    public required Destination Destination { get; init; }

    public required ConnectPolicy Policy { get; init; }

    public required TransportConnection Client { get; init; }

    /// <summary>The timestamp after which nobody waits for the result.</summary>
    public required long Deadline { get; init; }

    public required CancellationToken CancellationToken { get; init; }

    /// <summary>The endpoints that have failed; a round of them ends with a pause. Null before the first.</summary>
    public TriedEndpoints? Tried;

    public int Attempts;

    /// <summary>Those of the attempts that were refused, and count against nothing.</summary>
    public int FreeRefusals;

    /// <summary>What became of the last attempt.</summary>
    public ConnectResult Last;

    public EndpointLease Lease;

    /// <summary>Whether the connection was made ahead.</summary>
    public bool IsWarm;

    /// <summary>When the pick was made that the next attempt is for.</summary>
    public long PickedAt;

    /// <summary>The place in the queue, while the session waits.</summary>
    public Waiter? Waiter;

    /// <summary>What the pick said for which it waits.</summary>
    public PickResult WaitsFor;

    /// <summary>How long to pause.</summary>
    public TimeSpan Pause;

    public Backoff? Backoff;

    /// <summary>Why there is no connection, where that is not the last attempt's fault.</summary>
    public CloseReason? Reason;

    public string? Detail;

    public readonly bool IsCancelled => CancellationToken.IsCancellationRequested;

    /// <summary>Notes that an endpoint has failed.</summary>
    /// <returns>Whether that was its first failure in this session.</returns>
    public bool NoteTried(Endpoint endpoint) => (Tried ??= new TriedEndpoints()).Add(endpoint);

    /// <summary>
    /// Continues where the client lives. On loopback a connect is refused within the call: a session that meets many refusals in a row lets others have their turn in between.
    /// </summary>
    public readonly TransportExecutor.ResumeAwaitable TakeTurn() =>
        FreeRefusals > 0 && FreeRefusals % RefusalsPerTurn == 0 ? Client.Executor.Yield() : Client.Executor.Resume();
}
