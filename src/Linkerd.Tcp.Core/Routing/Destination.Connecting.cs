using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp;

/// <content>What its sessions share on their way to a server connection.</content>
public sealed partial class Destination
{
    private readonly Lock _warming = new();
    private (Dialer Dialer, ServedBy Proxy)? _warmer;

    /// <summary>The sessions that wait for its first resolution, or for a free place at one of its endpoints.</summary>
    internal int PendingSessions => Waiters.Count;

    /// <summary>
    /// Gets a server connection as a session does, without a listener: from the same queue, within the same retry budget and limits of endpoints, by the same breakers,
    /// from the same source addresses, counted by the same <c>connect.*</c> metrics. It may take <see cref="ConnectOptions.ConnectTimeout"/>, of the policy of
    /// <see cref="DestinationOptions.Connect"/>, or else of the first proxy that serves the name. <see cref="DestinationOptions.MaxSessions"/> does not count it.
    /// Any thread. What awaits it continues on the thread pool, never on an event loop.
    /// </summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The connection, which is to be disposed.</returns>
    /// <exception cref="ConnectException">There is no connection; it says why, and after how many attempts.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The router was disposed, before or meanwhile, or the destination was evicted before.</exception>
    public async ValueTask<BalancedConnection> ConnectAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested || !Use.TryHold(), this);
        try
        {
            return await ConnectHeldAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Use.Release();
            throw;
        }
    }

    /// <summary>
    /// Waits until the name is resolved: until its resolver has given a set of endpoints, an empty one and a remembered one included. Completes at once afterwards, whatever
    /// the resolver says later.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The router was disposed meanwhile, or the destination was evicted.</exception>
    public async Task WaitResolvedAsync(CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping);
        while (true)
        {
            var version = Version;
            if (_isResolved)
            {
                return;
            }

            try
            {
                await WaitChangedAsync(version, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw new ObjectDisposedException(nameof(DestinationRegistry));
            }
        }
    }

    private async ValueTask<BalancedConnection> ConnectHeldAsync(CancellationToken cancellationToken)
    {
        var direct = _services.Direct;
        var policy = CheckPolicy;
        using var patience = new ConnectPatience(policy.ConnectTimeout, _timeProvider, cancellationToken, _stopping);
        var establishment = new Establishment(direct.Dialer, _random, _timeProvider);
        Budget.OnSession();
        try
        {
            await establishment.RunAsync(this, policy, new DirectRequester(direct.Executor), patience.Deadline, patience.Token).ConfigureAwait(false);
        }
        catch when (establishment.Connection is { } connection)
        {
            await ForeignConnection.ResetAsync(connection).ConfigureAwait(false);
            throw;
        }

        if (establishment.IsConnected)
        {
            return new BalancedConnection(establishment.Connection, establishment.Lease, Use, _timeProvider);
        }

        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);

        // What the deadline gave up was given up for its time.
        var last = establishment.LastFailure == ConnectFailure.Cancelled ? ConnectFailure.TimedOut : establishment.LastFailure;
        throw new ConnectException(
            $"No connection to {Name}: {establishment.Detail ?? last.ToString()} ({establishment.Attempts} attempts, {establishment.Reason}).",
            establishment.Reason,
            establishment.Attempts,
            last);
    }

    /// <summary>The policy of its own; null where the proxy's counts.</summary>
    internal ConnectOptions? Connect => _options.Connect;

    /// <summary>Gets the sender of the PROXY header with which its connections begin; null if they begin with none.</summary>
    internal ProxyHeaderSender? Header => _header;

    internal int MaxWaiters => _options.MaxPendingSessions;

    internal PendingQueue Waiters { get; }

    internal RetryTokens Budget { get; }

    /// <summary>The connections that are made ahead; null if there are none. Made for the proxy that serves it, the first if there are several.</summary>
    internal PreconnectPool? Warm { get; private set; }

    // None if a connection begins with the address of its client, which is not known ahead.
    private static int Preconnects(DestinationOptions options) => options.SendProxy is null ? options.Preconnect.Connections : 0;

    private void ConfigureHeader(SendProxyOptions? options) => _header = options is null ? null : new ProxyHeaderSender(options, _random);

    private void WarnNotWarmed(DestinationOptions? before = null)
    {
        var options = _options;
        if (options.SendProxy is not null && options.Preconnect.Connections > 0 && before is not { SendProxy: not null, Preconnect.Connections: > 0 })
        {
            Log.NotWarmed(_logger, Name, options.Preconnect.Connections);
        }
    }

    /// <summary>Has a proxy make connections ahead from now on, as many as the options say at any time, unless another one does.</summary>
    /// <param name="dialer">The dialer of the proxy.</param>
    /// <param name="proxy">How the proxy makes connections, for options that do not say so.</param>
    internal void StartWarming(Dialer dialer, ServedBy proxy)
    {
        lock (_warming)
        {
            _warmer ??= (dialer, proxy);
        }

        ConfigureWarming(isBalancerNew: false);
    }

    /// <summary>Ends what <see cref="StartWarming"/> began for a proxy, if it did.</summary>
    internal async ValueTask StopWarmingAsync(Dialer dialer)
    {
        PreconnectPool? pool;
        lock (_warming)
        {
            if (_warmer?.Dialer != dialer)
            {
                return;
            }

            (pool, Warm, _warmer) = (Warm, null, null);
        }

        if (pool is not null)
        {
            await pool.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void ConfigureWarming(bool isBalancerNew)
    {
        PreconnectPool? old = null;
        PreconnectPool? kept;
        var options = _options;
        ConnectOptions policy;
        lock (_warming)
        {
            if (_warmer is not { } warmer)
            {
                return;
            }

            policy = (options.Connect ?? warmer.Proxy.Connect).WithTcp(warmer.Proxy.Tcp);
            if (isBalancerNew || Preconnects(options) == 0)
            {
                (old, Warm) = (Warm, null);
            }

            kept = Warm;
            if (kept is null && Preconnects(options) > 0)
            {
                Warm = new PreconnectPool(_balancer, warmer.Dialer, policy, this, options.Preconnect, _random, _timeProvider);
            }
        }

        kept?.Configure(options.Preconnect, policy);
        _ = old?.DisposeAsync().AsTask();
    }

    /// <summary>Whether there are endpoints, and an operator drains each of them.</summary>
    internal bool AreAllDraining
    {
        get
        {
            var endpoints = Balancer.Endpoints;
            for (var i = 0; i < endpoints.Count; i++)
            {
                if (!endpoints[i].IsDraining)
                {
                    return false;
                }
            }

            return endpoints.Count > 0;
        }
    }

    /// <summary>Whether, where a pick gave this, nothing is left that would make the next one succeed: waiting would only delay the bad news.</summary>
    internal bool CannotSucceed(PickResult picked) => picked switch
    {
        // Before the first good answer "no endpoints" means "not known yet".
        PickResult.Empty => _isResolved && Balancer.Endpoints.Count == 0 && !_options.WaitForEndpoints,
        PickResult.Unavailable => AreAllDraining,
        _ => false,
    };

    /// <summary>Why a pick gave this, in words.</summary>
    internal string Describe(PickResult picked) => (picked, Resolution) switch
    {
        (PickResult.AtLimit, _) => "every endpoint is at its limit of connections",
        (PickResult.Unavailable, _) => AreAllDraining ? "every endpoint is draining" : "no endpoint is available",
        (_, Resolution.Pending) => "the name is not resolved yet",
        (_, Resolution.Failed failed) => $"the name is not resolved: {failed.Error}",
        (_, Resolution.Negative) => "the name does not exist",
        _ => "the name has no endpoints",
    };

    /// <summary>The places of its sessions, where they are limited; a session takes one when it is accepted, and gives it back at its end.</summary>
    internal ConnectionLimit? SessionLimit => _sessionLimit;

    // Once there is a limit it stays, and has room for all: sessions have places of it.
    private void ConfigureSessionLimit(int? most)
    {
        if (_sessionLimit is { } limit)
        {
            limit.SetMaximum(most ?? int.MaxValue);
        }
        else if (most is { } first)
        {
            _sessionLimit = new ConnectionLimit(first);
        }
    }
}
