using System.Runtime.CompilerServices;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Balancing;

/// <summary>
/// Represents the right to use one picked endpoint. The lease counts as load of the endpoint until it ends: by <see cref="Failed"/> if the attempt to connect
/// failed, otherwise by <see cref="Complete()"/>.
/// </summary>
/// <remarks>
/// <para>
/// All copies of a lease are the same lease. An event that is out of turn, or repeated through any copy, does nothing; nor does any event of the default value.
/// A lease that never ends keeps its load, and a few bytes of memory, for ever.
/// </para>
/// <para>
/// The events may come from different threads, but two calls must not run at the same time before the lease has ended: the interlocked operation that would make
/// that safe costs a sixth of a pick and its release. After the end, and for the properties, any thread and any time is good.
/// </para>
/// </remarks>
public readonly struct EndpointLease
{
    private const int KindShift = 62;
    private const uint SlotMask = (1U << (KindShift - 32)) - 1;

    // The endpoint, or its branch if that has counted the lease too: one field, so that leases of the other kind do not pay for it.
    private readonly object? _leased;

    // The state, which all copies share; of LeaseSlots. The ticket has the kind, too.
    private readonly uint[]? _slots;
    private readonly ulong _ticket;

    /// <summary>Gets the endpoint; null if nothing was picked, and after the end of the lease.</summary>
    public ServerEndpoint? Endpoint => _leased is not null && LeaseSlots.IsHeld(Slot, _ticket) ? Leased : null;

    /// <summary>Gets a value that indicates whether the endpoint is ejected, and this connection finds out whether it is well again.</summary>
    internal bool IsProbe => Kind != LeaseKind.Normal;

    /// <summary>Gets the purpose of the lease.</summary>
    internal LeaseKind Kind => (LeaseKind)(_ticket >> KindShift);

    private ref uint Slot => ref _slots![(_ticket >> 32) & SlotMask];

    /// <summary>Gets the group that counts the lease beside the endpoint; null if there is none.</summary>
    internal EndpointBranch? Branch => _leased as EndpointBranch;

    private ServerEndpoint Leased => _leased as ServerEndpoint ?? Branch!.Endpoint;

    /// <summary>Initializes a lease of an endpoint whose load counts it already.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="branch">The group of the endpoint that counts the lease too; null if there is none.</param>
    /// <param name="kind">The purpose of the lease.</param>
    /// <param name="slots">The slots of this thread.</param>
    /// <param name="lease">The lease.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Make(ServerEndpoint endpoint, EndpointBranch? branch, LeaseKind kind, LeaseSlots slots, out EndpointLease lease)
    {
        // In its place: the result of a constructor is copied there by 16 bytes, which wait for the two stores of 8 that wrote it.
        Unsafe.SkipInit(out lease);
        Unsafe.AsRef(in lease._leased) = (object?)branch ?? endpoint;
        Unsafe.AsRef(in lease._slots) = slots.Slots;
        Unsafe.AsRef(in lease._ticket) = slots.Take() | ((ulong)kind << KindShift);
    }

    /// <summary>Ends the attempt: the connection is established, and no longer pending but open. Does nothing unless the lease is pending.</summary>
    /// <param name="elapsed">The time that the attempt took, for algorithms that weigh it.</param>
    public void Connected(TimeSpan elapsed)
    {
        if (_leased is not null && LeaseSlots.IsPending(Slot, _ticket))
        {
            LeaseSlots.SetOpen(ref Slot);
            Branch?.CountOpen();
            Leased.OnConnected(Kind, elapsed);
        }
    }

    /// <summary>Ends the attempt, and the lease: there is no connection. Does nothing unless the lease is pending.</summary>
    /// <param name="cause">The cause. <see cref="ConnectFailure.Cancelled"/> and <see cref="ConnectFailure.LocalResources"/> are no evidence about the endpoint.</param>
    /// <param name="elapsed">The time that the attempt took; zero if it is not known.</param>
    public void Failed(ConnectFailure cause, TimeSpan elapsed = default)
    {
        if (_leased is null || !LeaseSlots.IsPending(Slot, _ticket))
        {
            return;
        }

        LeaseSlots.TryEnd(ref Slot, _ticket, out _);
        try
        {
            Leased.OnFailed(Kind, cause, elapsed);
        }
        finally
        {
            Release(wasOpen: false);
        }
    }

    /// <summary>
    /// Ends the lease: the connection has ended, or, if the attempt to connect has not ended, there will be none. It is no evidence about the endpoint. Does nothing
    /// after the end of the lease.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Complete()
    {
        if (_leased is not null && LeaseSlots.TryEnd(ref Slot, _ticket, out var wasOpen))
        {
            Release(wasOpen);
        }
    }

    /// <summary>Ends the lease as <see cref="Complete()"/> does, with evidence about the endpoint; not used if there was no connection.</summary>
    /// <param name="bytesFromServer">The number of bytes that the server has sent.</param>
    /// <param name="openFor">The time from the connect to the first end of a direction, or to the end of the connection.</param>
    /// <param name="endedByServer">Whether the server was the first to end the connection.</param>
    public void Complete(long bytesFromServer, TimeSpan openFor, bool endedByServer) => Complete(new ConnectionReport(bytesFromServer, openFor, endedByServer));

    /// <inheritdoc cref="Complete(long, TimeSpan, bool)"/>
    /// <param name="report">The end of the connection.</param>
    internal void Complete(in ConnectionReport report)
    {
        if (_leased is null || !LeaseSlots.TryEnd(ref Slot, _ticket, out var wasOpen))
        {
            return;
        }

        try
        {
            if (wasOpen)
            {
                Leased.OnClosed(in report);
            }
        }
        finally
        {
            Release(wasOpen);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Release(bool wasOpen)
    {
        if (_leased is ServerEndpoint endpoint)
        {
            endpoint.Release(Kind, wasOpen);
        }
        else
        {
            ReleaseBranch((EndpointBranch)_leased!, Kind, wasOpen);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ReleaseBranch(EndpointBranch branch, LeaseKind kind, bool wasOpen)
    {
        branch.CountRelease(wasOpen);
        branch.Endpoint.Release(kind, wasOpen);
    }
}
