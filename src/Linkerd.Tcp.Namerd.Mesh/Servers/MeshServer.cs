using System.Net;
using System.Net.Security;
using Grpc.Core;
using Grpc.Net.Client;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Protocol;
using Linkerd.Tcp.Namerd.Shared;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Namerd.Mesh.Servers;

/// <summary>
/// One namerd at one address: its connection, and whether it is good. Before a request is sent to one that is not known to be good, one request is
/// sent to it whose answer is known (the replicas of no id); all waiting callers share it, so that an outage costs one request at a time whatever the
/// number of streams. Any thread.
/// </summary>
internal sealed class MeshServer : IDisposable
{
    private readonly MeshOptions _options;
    private readonly GrpcChannel _channel;
    private readonly Resolver.ResolverClient _resolver;
    private readonly Backoff _backoff;
    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _lock = new();
    private Task<MeshException?>? _probe;
    private MeshException? _lastError;
    private bool _isGood;
    private bool _wantsCertificate;
    private int _epoch;
    private int _users;
    private bool _isRetired;
    private long _goodSince;
    private long _failedAt;
    private TimeSpan _pause;

    /// <param name="options">The options of requests.</param>
    /// <param name="tls">TLS to namerd; null if no address uses it.</param>
    /// <param name="address">Its address in the options.</param>
    /// <param name="endPoint">Its IP address and port.</param>
    public MeshServer(MeshOptions options, NamerdTls? tls, Uri address, IPEndPoint endPoint)
    {
        _options = options;
        EndPoint = endPoint;
        var isLiteral = AddressLiteral.Read(address.IdnHost) is not null;
        Name = isLiteral ? $"{endPoint}" : $"{address.IdnHost}:{endPoint.Port} ({endPoint.Address})";
        IsTls = address.Scheme == MeshAddress.TlsScheme;
        var target = new TlsTarget(Name, address.IdnHost.Split('%')[0], wants => Volatile.Write(ref _wantsCertificate, wants)) { Protocol = SslApplicationProtocol.Http2 };
        _channel = MeshConnections.Create(options, address, endPoint, IsTls ? tls : null, target);
        Calls = _channel.CreateCallInvoker();
        _resolver = new Resolver.ResolverClient(Calls);
        _backoff = RetryDelays.ServerBackoff(options.Random, interval: null);
    }

    /// <summary>The name for a log.</summary>
    public string Name { get; }

    public IPEndPoint EndPoint { get; }

    public bool IsTls { get; }

    /// <summary>True if it requested a client certificate when it was last connected to.</summary>
    public bool WantsCertificate => Volatile.Read(ref _wantsCertificate);

    /// <summary>True if there is one to be sent.</summary>
    public bool HasCertificate => _options.Tls.Certificate is not null;

    public int MaxAnswerBytes => _options.MaxAnswerBytes;

    public CallInvoker Calls { get; }

    /// <summary>Gets a value that indicates whether the server has ever answered.</summary>
    public bool WasGood { get; private set; }

    /// <summary>The time for which it is left alone from now on; zero or less if it may be used.</summary>
    public TimeSpan Pause
    {
        get
        {
            lock (_lock)
            {
                return _isGood || _pause == TimeSpan.Zero ? TimeSpan.Zero : _pause - _options.TimeProvider.GetElapsedTime(_failedAt);
            }
        }
    }

    /// <summary>The number of times it has turned out good: a request that began in an earlier time does not count for this one.</summary>
    public int Epoch => Volatile.Read(ref _epoch);

    /// <summary>The last error.</summary>
    public MeshException? LastError => Volatile.Read(ref _lastError);

    /// <summary>Gets its state.</summary>
    public NamingServerSnapshot Snapshot()
    {
        lock (_lock)
        {
            var isDown = !_isGood && _lastError is not null;
            return new()
            {
                Address = Name,
                IsAvailable = _isGood ? true : isDown ? false : null,
                Error = isDown ? _lastError!.Message : null,
                RetryAfter = !isDown ? null : Pause is var pause && pause > TimeSpan.Zero ? pause : TimeSpan.Zero,
            };
        }
    }

    /// <summary>Finds out whether it is good, if that is not known; null if it is.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<MeshException?> CheckAsync(CancellationToken cancellationToken)
    {
        Task<MeshException?> probe;
        lock (_lock)
        {
            if (_isGood)
            {
                return null;
            }

            probe = _probe ??= ProbeAsync();
        }

        return await probe.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Notes an error of it, or of the network to it. Only the first of several errors of one outage counts.</summary>
    /// <param name="error">The error.</param>
    /// <param name="epoch">The <see cref="Epoch"/> at the start of the request that failed.</param>
    public void Fail(MeshException error, int epoch)
    {
        lock (_lock)
        {
            if (_isGood && epoch == _epoch)
            {
                PauseFor(error, _options.TimeProvider.GetElapsedTime(_goodSince) >= _options.RequestTimeout);
            }
        }
    }

    /// <summary>Counts a stream here; false if it has been given up.</summary>
    public bool TryUse()
    {
        lock (_lock)
        {
            _users += _isRetired ? 0 : 1;
            return !_isRetired;
        }
    }

    public void Release() => Change(-1, retire: false);

    /// <summary>Removes it from the namerds: the last stream closes the connection.</summary>
    public void Retire() => Change(0, retire: true);

    public void Dispose()
    {
        _disposed.Cancel();
        _channel.Dispose();
    }

    private void Change(int users, bool retire)
    {
        bool unused;
        lock (_lock)
        {
            _users += users;
            _isRetired |= retire;
            unused = _isRetired && _users == 0;
        }

        if (unused)
        {
            Dispose();
        }
    }

    private async Task<MeshException?> ProbeAsync()
    {
        // Off the lock of the first caller.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        MeshException? error = null;
        using (var deadline = new Deadline(_options.TimeProvider, _disposed.Token))
        {
            deadline.Arm(_options.RequestTimeout);
            try
            {
                using var call = _resolver.GetReplicasAsync(new ReplicasReq(), new CallOptions(cancellationToken: deadline.Token));
                await call.ResponseAsync.ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                error = deadline.IsExpired ? new MeshException(MeshFailure.NoAnswer(this, null, _options.RequestTimeout), blamesServer: true)
                    : MeshFailure.Translate(this, null, exception);
                error = error.BlamesServer ? error : null;
            }
        }

        lock (_lock)
        {
            _probe = null;
            if (error is null)
            {
                _isGood = WasGood = true;
                _epoch++;
                _goodSince = _options.TimeProvider.GetTimestamp();
            }
            else
            {
                PauseFor(error, wasStable: false);
            }
        }

        return error;
    }

    // After a good while it may fail for a moment only, such as when it is restarted; otherwise it is given time.
    private void PauseFor(MeshException error, bool wasStable)
    {
        _isGood = false;
        _lastError = error;
        if (wasStable)
        {
            _backoff.Reset();
        }

        _pause = wasStable ? RetryDelays.PromptDelay(_options.Random) : _backoff.Next();
        _failedAt = _options.TimeProvider.GetTimestamp();
    }
}
