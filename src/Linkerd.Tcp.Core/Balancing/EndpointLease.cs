using System.Runtime.CompilerServices;

namespace Linkerd.Tcp;

/// <summary>
/// The right to use one picked endpoint. Disposing it gives back the load that it added; twice is harmless.
/// A mutable struct: keep it in one place and do not copy it. For one thread at a time.
/// </summary>
public struct EndpointLease : IDisposable
{
    private readonly LeaseKind _kind;

    // The endpoint, or its branch where that has counted it too: one field, so that nobody pays for the other.
    private object? _leased;
    private State _state;

    /// <summary>A lease of an endpoint whose load already counts it.</summary>
    internal EndpointLease(Endpoint endpoint, LeaseKind kind = LeaseKind.Normal)
    {
        _leased = endpoint;
        _kind = kind;
    }

    /// <summary>The same.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="branch">Which of its groups counts the lease too; null: none.</param>
    /// <param name="kind">What it is given for.</param>
    internal EndpointLease(Endpoint endpoint, EndpointBranch? branch, LeaseKind kind)
    {
        _leased = (object?)branch ?? endpoint;
        _kind = kind;
    }

    private enum State : byte
    {
        Pending,
        Open,
        Failed,
    }

    /// <summary>The endpoint; null for a lease that was never picked or is disposed.</summary>
    public readonly Endpoint? Endpoint => _leased as Endpoint ?? Branch?.Endpoint;

    /// <summary>Whether the endpoint is ejected, and this connection finds out whether it is well again.</summary>
    public readonly bool IsProbe => _kind != LeaseKind.Normal;

    /// <summary>What it was given for.</summary>
    internal readonly LeaseKind Kind => _kind;

    /// <summary>What it counts for beside the endpoint; null where that is all.</summary>
    internal readonly EndpointBranch? Branch => _leased as EndpointBranch;

    /// <summary>The connection is established: pending becomes open. Does nothing after <see cref="Failed"/> and on a disposed lease.</summary>
    /// <param name="elapsed">How long connecting took; for algorithms that weigh it.</param>
    public void Connected(TimeSpan elapsed)
    {
        if (_state == State.Pending && Endpoint is { } endpoint)
        {
            _state = State.Open;
            Branch?.CountOpen();
            endpoint.OnConnected(_kind, elapsed);
        }
    }

    /// <summary>Connecting failed. The lease is still to be disposed. Does nothing after <see cref="Connected"/> and on a disposed lease.</summary>
    /// <param name="cause">Why.</param>
    /// <param name="elapsed">How long that took; default: not known.</param>
    public void Failed(ConnectFailure cause, TimeSpan elapsed = default)
    {
        if (_state == State.Pending && Endpoint is { } endpoint)
        {
            _state = State.Failed;
            endpoint.OnFailed(_kind, cause, elapsed);
        }
    }

    /// <summary>
    /// The connection has ended; to be said once, before <see cref="Dispose"/>. Soft evidence, for <see cref="CircuitBreakerOptions.EarlyCloses"/>; does
    /// nothing where that is off. Does nothing before <see cref="Connected"/> and on a disposed lease.
    /// </summary>
    /// <param name="bytesFromServer">What the server has sent, in bytes. Any byte is a sign of life.</param>
    /// <param name="open">How long the connection was open, until its first direction ended.</param>
    /// <param name="byServer">Whether it was the server who ended it first, with a FIN or a RST. An end by the client, by us or by an operator says nothing about it.</param>
    public readonly void Closed(long bytesFromServer, TimeSpan open, bool byServer)
    {
        if (_state == State.Open)
        {
            Endpoint?.OnClosed(bytesFromServer, open, byServer);
        }
    }

    /// <summary>Gives the load back.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Dispose()
    {
        var leased = _leased;
        if (leased is Endpoint endpoint)
        {
            _leased = null;
            endpoint.Release(_kind, _state == State.Open);
        }
        else if (leased is not null)
        {
            ReleaseBranch();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ReleaseBranch()
    {
        var branch = (EndpointBranch)_leased!;
        _leased = null;
        branch.CountRelease(_state == State.Open);
        branch.Endpoint.Release(_kind, _state == State.Open);
    }
}
