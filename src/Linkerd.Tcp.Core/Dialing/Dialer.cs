using System.Net;
using System.Runtime.ExceptionServices;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Dialing;

/// <summary>
/// The one way to a server connection, for sessions, preconnects and checks: chooses the source address, connects, and refuses a connection that met
/// itself. Any thread.
/// </summary>
/// <param name="transport">Connects.</param>
/// <param name="tcp">The settings of connections, if neither the request nor its policy has any.</param>
/// <param name="instruments">Counts attempts for sessions and preconnects; null if they are not counted.</param>
/// <param name="clock">The clock; null: the system's.</param>
internal sealed class Dialer(ITransport transport, TcpOptions tcp, ConnectInstruments? instruments = null, TimeProvider? clock = null)
{
    private readonly TimeProvider _timeProvider = clock ?? TimeProvider.System;

    // As ConnectFailure, in the words of the metric.
    private static readonly string[] Causes = ["none", "refused", "timeout", "unreachable", "reset", "local_resources", "cancelled", "other", "tls"];

    private int _nextSource;

    /// <summary>Makes one attempt. Throws only the exceptions that a transport throws against its contract.</summary>
    /// <returns>The connection, which belongs to the caller, or the reason why there is none.</returns>
    public async ValueTask<ConnectResult> DialAsync(DialRequest request, CancellationToken cancellationToken)
    {
        var startedAt = request.Setup is null ? 0 : _timeProvider.GetTimestamp();
        var result = await CheckAsync(await ConnectAsync(request, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        return request.Setup is null ? result : await SetUpAsync(result, request, startedAt, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The first part of <see cref="DialAsync"/>; <see cref="CheckAsync"/> and <see cref="SetUpAsync"/> are the others. For callers of which there are many: they hold no state machine of the dialer
    /// while they wait.
    /// </summary>
    public ValueTask<ConnectResult> ConnectAsync(in DialRequest request, CancellationToken cancellationToken)
    {
        var policy = request.Policy;
        var options = new TransportConnectOptions
        {
            Executor = request.Executor,
            Timeout = request.Timeout,
            Tcp = request.Tcp ?? policy.Tcp ?? tcp,
            Source = policy.SourceAddresses.Count == 0 ? null : SourceFor(policy.SourceAddresses, request.Address),
            SendsAtOnce = request.SendsAtOnce || request.Setup is not null,
        };
        return transport.ConnectAsync(request.Address, options, cancellationToken);
    }

    /// <summary>Refuses a connection that met itself. Completes at once for any other.</summary>
    /// <remarks>
    /// If nothing listens on a local port of the ephemeral range, the kernel can connect a socket with itself. The local address is read last, as it costs a system call.
    /// </remarks>
    /// <param name="result">The result of <see cref="ConnectAsync"/>.</param>
    public static ValueTask<ConnectResult> CheckAsync(in ConnectResult result)
    {
        if (result.Connection is not { } connection)
        {
            return new(result);
        }

        try
        {
            return connection.RemoteEndPoint is IPEndPoint remote && EphemeralPorts.Contain(remote.Port) && remote.Equals(connection.LocalEndPoint) ? RefuseSelfAsync(connection)
                : new(result);
        }
        catch (Exception error)
        {
            // A transport that may be user code.
            return CloseAsync(connection, error);
        }
    }

    /// <summary>Runs the steps of a request's setup, within its timeout.</summary>
    /// <param name="result">The result of <see cref="CheckAsync"/>.</param>
    /// <param name="request">The request, which has a setup.</param>
    /// <param name="startedAt">The timestamp at which the attempt began.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public ValueTask<ConnectResult> SetUpAsync(in ConnectResult result, in DialRequest request, long startedAt, CancellationToken cancellationToken)
    {
        if (result.Connection is not { } connection)
        {
            return new(result);
        }

        // Nothing is left if the process was stopped while it connected; the server is not to blame.
        var left = request.Timeout == Timeout.InfiniteTimeSpan ? request.Timeout : request.Timeout - _timeProvider.GetElapsedTime(startedAt);
        left = left > TimeSpan.Zero || left == Timeout.InfiniteTimeSpan ? left : TransportTimer.LateMoment;
        return request.Setup!.RunAsync(connection, request.Client, request.Metadata, (request.Tcp ?? request.Policy.Tcp ?? tcp).WindowSize, left, cancellationToken);
    }

    /// <summary>Counts an attempt for a session or a preconnect.</summary>
    public void CountAttempt() => instruments?.Attempted();

    /// <summary>Passes the result of an attempt at a leased endpoint on: to its lease, the metrics, and the destination. A failure ends the lease.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="result">The result.</param>
    /// <param name="elapsed">The time since the pick.</param>
    /// <param name="isCutShort">True if the endpoint had less time than it has a right to, and is not to blame.</param>
    /// <param name="policy">The options of the attempt.</param>
    /// <param name="connectTimeout">The longest time of its requester.</param>
    /// <param name="observer">The destination.</param>
    public void Report(EndpointLease lease, in ConnectResult result, TimeSpan elapsed, bool isCutShort, ConnectOptions policy, TimeSpan connectTimeout, IDialObserver observer)
    {
        var endpoint = lease.Endpoint!;
        if (result.IsConnected)
        {
            lease.Connected(elapsed);
            instruments?.Connected(elapsed);
            observer.OnConnected(endpoint);
            return;
        }

        var failure = isCutShort ? ConnectFailure.Cancelled : result.Failure;
        lease.Failed(failure, elapsed);
        instruments?.Failed(Causes[(int)result.Failure]);
        if (failure is not (ConnectFailure.LocalResources or ConnectFailure.Cancelled))
        {
            observer.OnConnectFailed(endpoint, result.Detail ?? failure.ToString(), policy, connectTimeout);
        }
    }

    private static async ValueTask<ConnectResult> RefuseSelfAsync(TransportConnection connection)
    {
        connection.Abort();
        await connection.DisposeAsync().ConfigureAwait(false);
        return ConnectResult.Failed(ConnectFailure.Refused, "the connection met itself: nothing listens there");
    }

    private static async ValueTask<ConnectResult> CloseAsync(TransportConnection connection, Exception error)
    {
        await ForeignConnection.ResetAsync(connection).ConfigureAwait(false);
        ExceptionDispatchInfo.Throw(error);
        return default;
    }

    private IPAddress? SourceFor(IReadOnlyList<IPAddress> sources, EndPoint to)
    {
        // Of another kind it may not even have a family: the base class throws.
        if (to is not IPEndPoint { AddressFamily: var family })
        {
            return null;
        }

        var start = (uint)Interlocked.Increment(ref _nextSource);
        for (var i = 0U; i < sources.Count; i++)
        {
            var source = sources[(int)((start + i) % (uint)sources.Count)];
            if (source.AddressFamily == family)
            {
                return source;
            }
        }

        return null;
    }
}
