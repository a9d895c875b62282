namespace Linkerd.Tcp;

/// <summary>
/// The right to use one picked endpoint. Disposing it gives back the load that it added; twice is harmless.
/// A mutable struct: keep it in one place and do not copy it. For one thread at a time.
/// </summary>
public struct EndpointLease : IDisposable
{
    /// <summary>The endpoint; null for a lease that was never picked or is disposed.</summary>
    public readonly Endpoint? Endpoint => throw new NotSupportedException();

    /// <summary>The connection is established: pending becomes open.</summary>
    /// <param name="elapsed">How long connecting took.</param>
    public void Connected(TimeSpan elapsed) => throw new NotSupportedException();

    /// <summary>Connecting failed. The lease is still to be disposed.</summary>
    public void Failed(ConnectFailure cause) => throw new NotSupportedException();

    /// <summary>Gives the load back.</summary>
    public void Dispose() => throw new NotSupportedException();
}
