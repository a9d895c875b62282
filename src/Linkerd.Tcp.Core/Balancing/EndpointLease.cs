namespace Linkerd.Tcp;

/// <summary>
/// The right to use one picked endpoint. Disposing it gives back the load that it added; twice is harmless.
/// A mutable struct: keep it in one place and do not copy it. For one thread at a time.
/// </summary>
public struct EndpointLease : IDisposable
{
    private Endpoint? _endpoint;
    private State _state;

    /// <summary>A lease of an endpoint whose load already counts it.</summary>
    internal EndpointLease(Endpoint endpoint)
    {
        _endpoint = endpoint;
    }

    private enum State : byte
    {
        Pending,
        Open,
        Failed,
    }

    /// <summary>The endpoint; null for a lease that was never picked or is disposed.</summary>
    public readonly Endpoint? Endpoint => _endpoint;

    /// <summary>The connection is established: pending becomes open. Does nothing after <see cref="Failed"/> and on a disposed lease.</summary>
    /// <param name="elapsed">How long connecting took; for algorithms that weigh it.</param>
    public void Connected(TimeSpan elapsed)
    {
        if (_endpoint is not null && _state == State.Pending)
        {
            _state = State.Open;
            _endpoint.OnConnected();
        }
    }

    /// <summary>Connecting failed. The lease is still to be disposed. Does nothing after <see cref="Connected"/> and on a disposed lease.</summary>
    public void Failed(ConnectFailure cause)
    {
        if (_endpoint is not null && _state == State.Pending)
        {
            _state = State.Failed;
            _endpoint.OnFailed(cause);
        }
    }

    /// <summary>Gives the load back.</summary>
    public void Dispose()
    {
        var endpoint = _endpoint;
        if (endpoint is not null)
        {
            _endpoint = null;
            endpoint.Release(_state == State.Open);
        }
    }
}
