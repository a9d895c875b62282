namespace Linkerd.Tcp;

/// <content>Connections that no session waits for, and those that replace them.</content>
internal sealed partial class Connector
{
    /// <summary>Makes a connection that no session waits for: one attempt, never to an endpoint that is ejected.</summary>
    public async ValueTask<ConnectOutcome> ConnectAheadAsync(Destination destination, TransportConnection? near, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        var picked = destination.Balancer.Pick(new PickContext { Timestamp = started }, out var lease);
        if (picked != PickResult.Picked || lease.IsProbe)
        {
            lease.Complete();
            return new() { Detail = Describe(destination, picked) };
        }

        var policy = PolicyOf(destination);
        var options = new ConnectOptions
        {
            Near = near,
            Timeout = policy.AttemptTimeout,
            Tcp = policy.Tcp ?? tcp,
            Source = SourceFor(policy.SourceAddresses, lease.Endpoint!.Address),
        };
        var result = default(ConnectResult);
        try
        {
            instruments.Attempted();
            result = await transport.ConnectAsync(lease.Endpoint.Address, options, cancellationToken).ConfigureAwait(false);
            result = IsSelf(result) ? await RefuseSelfAsync(result).ConfigureAwait(false) : result;
            NoteResult(destination, in result, lease, timeProvider.GetElapsedTime(started));
        }
        catch
        {
            // A transport of somebody else's: the endpoint is not to carry what became of it for good.
            lease.Complete();
            await CloseAsync(result.Connection).ConfigureAwait(false);
            throw;
        }

        return new() { Connection = result.Connection, Lease = lease, Reason = ReasonOf(result), Detail = result.Detail };
    }

    /// <summary>Connects anew for a session whose connection, made ahead, was closed before it was used.</summary>
    public async Task<ConnectOutcome> ReconnectAsync(Destination destination, TransportConnection client, CancellationToken cancellationToken)
    {
        var timeout = PolicyOf(destination).ConnectTimeout;
        var deadline = timeout == Timeout.InfiniteTimeSpan ? NoDeadline : timeProvider.GetTimestamp() + (long)(timeout.TotalSeconds * timeProvider.TimestampFrequency);
        using var timer = new CancellationTokenSource(timeout, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        var completion = new Reconnection();
        _ = RunAsync(destination, client, deadline, completion, isFresh: true, either.Token);
        return await completion.Task.ConfigureAwait(false);
    }

    private static async Task CloseAsync(TransportConnection? connection)
    {
        if (connection is not null)
        {
            // Why it ends is thrown already.
            await ForeignConnection.ResetAsync(connection).ConfigureAwait(false);
        }
    }

    private sealed class Reconnection : IConnectOwner
    {
        private readonly TaskCompletionSource<ConnectOutcome> _ended = new();

        public Task<ConnectOutcome> Task => _ended.Task;

        public void OnConnectEnded(in ConnectOutcome outcome, Exception? error)
        {
            if (error is null)
            {
                _ended.SetResult(outcome);
            }
            else
            {
                _ = CloseAsync(outcome.Connection);
                _ended.SetException(error);
            }
        }
    }
}
