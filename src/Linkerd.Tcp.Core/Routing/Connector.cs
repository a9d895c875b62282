using System.Net;
using System.Runtime.CompilerServices;

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

    /// <param name="destination">Where to.</param>
    /// <param name="client">For whom.</param>
    /// <param name="deadline">The timestamp after which nobody waits for the result, or <see cref="NoDeadline"/>.</param>
    /// <param name="cancellationToken">Cancelled at the deadline, and when the session ends for another reason.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ConnectOutcome> ConnectAsync(Destination destination, TransportConnection client, long deadline, CancellationToken cancellationToken)
    {
        Endpoint[]? tried = null;
        var attempts = 0;
        var last = default(ConnectResult);
        while (true)
        {
            // Waiting completes elsewhere, as connecting may; a balancer is asked where the client lives.
            await client.Executor.Resume();
            var version = destination.Version;
            var picked = destination.Balancer.Pick(new PickContext { Connection = client, Tried = tried.AsSpan(0, attempts) }, out var lease);
            if (picked == PickResult.Picked)
            {
                (ConnectResult Connected, TimeSpan Elapsed) result;
                try
                {
                    result = await AttemptAsync(lease.Endpoint!, client, deadline, cancellationToken).ConfigureAwait(false);
                }
                catch
                {
                    lease.Dispose();
                    throw;
                }

                if (result.Connected.IsConnected)
                {
                    lease.Connected(result.Elapsed);
                    return new() { Connection = result.Connected.Connection, Lease = lease, Attempts = attempts + 1 };
                }

                last = result.Connected;
                lease.Failed(last.Failure);
                tried ??= new Endpoint[policy.MaxAttempts];
                tried[attempts++] = lease.Endpoint!;
                lease.Dispose();
                if (attempts == policy.MaxAttempts || cancellationToken.IsCancellationRequested)
                {
                    return Failed(last, attempts);
                }
            }
            else if (attempts > 0)
            {
                // Every endpoint that there is was tried.
                return Failed(last, attempts);
            }
            else
            {
                try
                {
                    await destination.WaitChangedAsync(version, cancellationToken).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    return new()
                    {
                        Reason = new(ClosedBy.Server, ClosePhase.Queue, TimedOut: true),
                        Detail = Describe(destination, picked),
                    };
                }
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(ConnectResult Connected, TimeSpan Elapsed)> AttemptAsync(Endpoint endpoint, TransportConnection client, long deadline, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        instruments.Attempted();
        var options = new ConnectOptions { Near = client, Timeout = TimeoutOf(started, deadline), Tcp = policy.Tcp };
        var result = await transport.ConnectAsync(endpoint.Address, options, cancellationToken).ConfigureAwait(false);
        if (result.IsConnected && IsSelf(result.Connection))
        {
            // Where nothing listens on a local port of the ephemeral range, the kernel can connect a socket with itself.
            result.Connection.Abort();
            await result.Connection.DisposeAsync().ConfigureAwait(false);
            result = ConnectResult.Failed(ConnectFailure.Refused, "the connection met itself: nothing listens there");
        }

        var elapsed = timeProvider.GetElapsedTime(started);
        if (result.IsConnected)
        {
            instruments.Connected(elapsed);
        }
        else
        {
            instruments.Failed(Causes[(int)result.Failure]);
        }

        return (result, elapsed);
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

    private static ConnectOutcome Failed(ConnectResult last, int attempts) => new()
    {
        Reason = last.Failure switch
        {
            ConnectFailure.LocalResources => new(ClosedBy.Resources, ClosePhase.Connect),
            ConnectFailure.TimedOut or ConnectFailure.Cancelled => new(ClosedBy.Server, ClosePhase.Connect, TimedOut: true),
            _ => new(ClosedBy.Server, ClosePhase.Connect),
        },
        Detail = last.Detail,
        Attempts = attempts,
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
