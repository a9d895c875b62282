namespace Linkerd.Tcp;

/// <summary>How far one session has come on its way to a server connection. A mutable struct, part of the connector's asynchronous method.</summary>
internal struct ConnectProgress
{
    public required Destination Destination { get; init; }

    public required ConnectPolicy Policy { get; init; }

    public required TransportConnection Client { get; init; }

    /// <summary>The timestamp after which nobody waits for the result.</summary>
    public required long Deadline { get; init; }

    public required CancellationToken CancellationToken { get; init; }

    /// <summary>The endpoints that have failed since the last pause.</summary>
    public Endpoint[]? Tried;

    public int TriedCount;

    public int Attempts;

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

    public void NoteTried(Endpoint endpoint)
    {
        // A session remembers so many; an endpoint that is the only one is tried for longer than that.
        const int Most = 16;
        Tried ??= new Endpoint[Math.Min(Policy.MaxAttempts, Most)];
        Tried[TriedCount % Tried.Length] = endpoint;
        TriedCount = Math.Min(TriedCount + 1, Tried.Length);
    }
}
