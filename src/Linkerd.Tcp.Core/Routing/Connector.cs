using System.Net;

namespace Linkerd.Tcp;

/// <summary>
/// Gets a session its server connection: picks, connects, and on failure tries another endpoint at once. Waits while there is no endpoint.
/// The deadline is the caller's: it cancels the token.
/// </summary>
internal sealed class Connector(ITransport transport, ConnectPolicy policy, ConnectInstruments instruments, TimeProvider timeProvider)
{
    public const long NoDeadline = long.MaxValue;

    // As ConnectFailure, in the words of the metric.
    private static readonly string[] Causes = ["none", "refused", "timeout", "unreachable", "reset", "local_resources", "cancelled", "other"];

    /// <summary>Starts to connect; the owner is told of the end, on the client's executor.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="client">For whom.</param>
    /// <param name="deadline">The timestamp after which nobody waits for the result, or <see cref="NoDeadline"/>.</param>
    /// <param name="owner">Who is told.</param>
    /// <param name="cancellationToken">Cancelled at the deadline, and when the session ends for another reason.</param>
    public void Start(Destination destination, TransportConnection client, long deadline, IConnectOwner owner, CancellationToken cancellationToken) =>
        _ = RunAsync(destination, client, deadline, owner, cancellationToken);

    // One asynchronous method, whose state is all that a session holds while it connects.
    private async Task RunAsync(Destination destination, TransportConnection client, long deadline, IConnectOwner owner, CancellationToken cancellationToken)
    {
        Endpoint[]? tried = null;
        var attempts = 0;
        var last = default(ConnectResult);
        var lease = default(EndpointLease);
        CloseReason? reason = null;
        string? detail = null;
        Exception? fault = null;
        try
        {
            while (true)
            {
                // Waiting and connecting may complete elsewhere; a balancer is asked where the client lives.
                await client.Executor.Resume();
                var version = destination.Version;
                var picked = destination.Balancer.Pick(new PickContext { Connection = client, Tried = tried.AsSpan(0, attempts) }, out lease);
                if (picked == PickResult.Picked)
                {
                    var started = timeProvider.GetTimestamp();
                    instruments.Attempted();
                    var options = new ConnectOptions { Near = client, Timeout = TimeoutOf(started, deadline), Tcp = policy.Tcp };
                    last = await transport.ConnectAsync(lease.Endpoint!.Address, options, cancellationToken).ConfigureAwait(false);
                    if (last.IsConnected && IsSelf(last.Connection))
                    {
                        // Where nothing listens on a local port of the ephemeral range, the kernel can connect a socket with itself.
                        last.Connection.Abort();
                        await last.Connection.DisposeAsync().ConfigureAwait(false);
                        last = ConnectResult.Failed(ConnectFailure.Refused, "the connection met itself: nothing listens there");
                    }

                    attempts++;
                    Count(last, ref lease, timeProvider.GetElapsedTime(started));
                    if (last.IsConnected)
                    {
                        break;
                    }

                    tried ??= new Endpoint[policy.MaxAttempts];
                    tried[attempts - 1] = lease.Endpoint!;
                    lease.Dispose();
                    if (attempts == policy.MaxAttempts || cancellationToken.IsCancellationRequested)
                    {
                        break;
                    }
                }
                else if (attempts > 0)
                {
                    // Every endpoint that there is was tried.
                    break;
                }
                else if (cancellationToken.IsCancellationRequested || !await WaitAsync(destination, version, cancellationToken).ConfigureAwait(false))
                {
                    (reason, detail) = (new(ClosedBy.Server, ClosePhase.Queue, TimedOut: true), Describe(destination, picked));
                    break;
                }
            }
        }
        catch (Exception error)
        {
            // A balancer or a transport of somebody else's.
            fault = error;
            lease.Dispose();
        }

        await client.Executor.Resume();
        owner.OnConnectEnded(
            new()
            {
                Connection = last.Connection,
                Lease = lease,
                Attempts = attempts,
                Reason = reason ?? ReasonOf(last),
                Detail = detail ?? last.Detail,
            },
            fault);
    }

    private static async Task<bool> WaitAsync(Destination destination, long version, CancellationToken cancellationToken)
    {
        try
        {
            await destination.WaitChangedAsync(version, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Count(in ConnectResult result, ref EndpointLease lease, TimeSpan elapsed)
    {
        if (result.IsConnected)
        {
            lease.Connected(elapsed);
            instruments.Connected(elapsed);
        }
        else
        {
            lease.Failed(result.Failure);
            instruments.Failed(Causes[(int)result.Failure]);
        }
    }

    /// <summary>An attempt never outlives the deadline.</summary>
    private TimeSpan TimeoutOf(long now, long deadline)
    {
        if (deadline == NoDeadline)
        {
            return policy.AttemptTimeout;
        }

        var left = timeProvider.GetElapsedTime(now, deadline);
        return policy.AttemptTimeout == Timeout.InfiniteTimeSpan || left < policy.AttemptTimeout ? left : policy.AttemptTimeout;
    }

    // Asked last, as it costs a system call: whether the two ends are one.
    private static bool IsSelf(TransportConnection connection) =>
        connection.RemoteEndPoint is IPEndPoint remote && EphemeralPorts.Contain(remote.Port) && remote.Equals(connection.LocalEndPoint);

    private static CloseReason ReasonOf(in ConnectResult last) => last.Failure switch
    {
        ConnectFailure.LocalResources => new(ClosedBy.Resources, ClosePhase.Connect),
        ConnectFailure.TimedOut or ConnectFailure.Cancelled => new(ClosedBy.Server, ClosePhase.Connect, TimedOut: true),
        _ => new(ClosedBy.Server, ClosePhase.Connect),
    };

    private static string Describe(Destination destination, PickResult picked) => (picked, destination.Resolution) switch
    {
        (PickResult.AtLimit, _) => "every endpoint is at its limit of connections",
        (PickResult.Unavailable, _) => "no endpoint is available",
        (_, Resolution.Pending) => "the name is not resolved yet",
        (_, Resolution.Failed failed) => $"the name is not resolved: {failed.Error}",
        (_, Resolution.Negative) => "the name does not exist",
        _ => "the name has no endpoints",
    };
}
