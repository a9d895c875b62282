namespace Linkerd.Tcp;

/// <summary>
/// The right to use one picked endpoint. Disposing it gives back the load that it added; twice is harmless.
/// A mutable struct: keep it in one place and do not copy it. For one thread at a time.
/// </summary>
public struct EndpointLease : IDisposable
{
    private readonly LeaseKind _kind;
    private Endpoint? _endpoint;
    private State _state;

    /// <summary>A lease of an endpoint whose load already counts it.</summary>
    internal EndpointLease(Endpoint endpoint, LeaseKind kind = LeaseKind.Normal)
    {
        _endpoint = endpoint;
        _kind = kind;
    }

    private enum State : byte
    {
        Pending,
        Open,
        Failed,
    }

    /// <summary>The endpoint; null for a lease that was never picked or is disposed.</summary>
    public readonly Endpoint? Endpoint => _endpoint;

    /// <summary>Whether the endpoint is ejected, and this connection finds out whether it is well again.</summary>
    public readonly bool IsProbe => _kind != LeaseKind.Normal;

    /// <summary>What it was given for.</summary>
    internal readonly LeaseKind Kind => _kind;

    /// <summary>The connection is established: pending becomes open. Does nothing after <see cref="Failed"/> and on a disposed lease.</summary>
    /// <param name="elapsed">How long connecting took; for algorithms that weigh it.</param>
    public void Connected(TimeSpan elapsed)
    {
        if (_endpoint is not null && _state == State.Pending)
        {
            _state = State.Open;
            _endpoint.OnConnected(_kind, elapsed);
        }
    }

    /// <summary>Connecting failed. The lease is still to be disposed. Does nothing after <see cref="Connected"/> and on a disposed lease.</summary>
    /// <param name="cause">Why.</param>
    /// <param name="elapsed">How long that took; default: not known.</param>
    public void Failed(ConnectFailure cause, TimeSpan elapsed = default)
    {
        if (_endpoint is not null && _state == State.Pending)
        {
            _state = State.Failed;
            _endpoint.OnFailed(_kind, cause, elapsed);
        }
    }

    /// <summary>Gives the load back.</summary>
    public void Dispose()
    {
        var endpoint = _endpoint;
        if (endpoint is not null)
        {
            _endpoint = null;
            endpoint.Release(_kind, _state == State.Open);
        }
    }
}
