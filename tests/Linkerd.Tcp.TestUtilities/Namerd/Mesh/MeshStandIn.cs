using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>How a <see cref="MeshStandIn"/> listens.</summary>
public sealed record MeshStandInOptions
{
    /// <summary>Where it listens. Default: the IPv4 loopback.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The port it listens on; 0, the default, is a free one.</summary>
    public int Port { get; init; }

    /// <summary>For TLS. Default: none, HTTP/2 in cleartext.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>With TLS: a client has to show a certificate, and this says whether it will do. Default: none is asked for.</summary>
    public Func<X509Certificate2, bool>? ClientCertificate { get; init; }

    /// <summary>How many streams a client may have on one connection. Default: 1,000,000.</summary>
    public int MaxStreams { get; init; } = 1_000_000;
}

/// <summary>
/// The gRPC interface of a namerd for tests, <c>io.l5d.mesh</c>: another interface to what a <see cref="NamerdStandIn"/> knows, as namerd 1.7.5 answers. All
/// that is set there is seen here at once. Any thread.
/// </summary>
public sealed class MeshStandIn : IAsyncDisposable
{
    private readonly ReservedPort _port;
    private readonly StandInWorld _world;
    private readonly MeshStandInOptions _options;
    private readonly MeshCounters _counters = new();
    private readonly ConcurrentDictionary<ConnectionContext, bool> _connections = [];
    private WebApplication? _server;

    private MeshStandIn(StandInWorld world, MeshStandInOptions options)
    {
        _world = world;
        _options = options;
        _port = new ReservedPort(new IPEndPoint(options.Address, options.Port));
        EndPoint = _port.EndPoint;
    }

    /// <summary>Where it listens. The port stays when it is stopped and started again.</summary>
    public IPEndPoint EndPoint { get; private set; }

    /// <summary>The address for a client.</summary>
    public Uri Address => new($"{(_options.Certificate is null ? "mesh" : "meshs")}://{EndPoint}");

    /// <summary>How many connections were accepted.</summary>
    public int ConnectionCount => _counters.Connections;

    /// <summary>How many connections are open.</summary>
    public int OpenConnections => _counters.OpenConnections;

    /// <summary>How many streams are open.</summary>
    public int OpenStreams => _counters.Streams;

    /// <summary>How many messages were sent on streams.</summary>
    public int MessageCount => _counters.Messages;

    /// <summary>Starts one.</summary>
    /// <param name="knows">Whose world it serves; it need not run.</param>
    /// <param name="options">Null: the defaults.</param>
    public static async Task<MeshStandIn> StartAsync(NamerdStandIn knows, MeshStandInOptions? options = null)
    {
        var standIn = new MeshStandIn(knows.World, options ?? new());
        await standIn.StartAgainAsync();
        return standIn;
    }

    /// <summary>How often a method was called, such as <c>StreamReplicas</c>.</summary>
    public int CallsOf(string method) => _counters.Calls(method);

    /// <summary>Waits until a method has been called so often since the start.</summary>
    public Task WaitForCallsAsync(string method, int count, CancellationToken cancellationToken = default) =>
        _counters.WaitAsync(() => _counters.Calls(method) >= count, cancellationToken);

    /// <summary>Waits until so many streams are open.</summary>
    public Task WaitForStreamsAsync(int count, CancellationToken cancellationToken = default) =>
        _counters.WaitAsync(() => _counters.Streams == count, cancellationToken);

    /// <summary>Waits until so many connections are open.</summary>
    public Task WaitForConnectionsAsync(int count, CancellationToken cancellationToken = default) =>
        _counters.WaitAsync(() => _counters.OpenConnections == count, cancellationToken);

    /// <summary>Cuts every connection, and goes on listening.</summary>
    public void CutConnections()
    {
        foreach (var connection in _connections.Keys)
        {
            connection.Abort();
        }
    }

    /// <summary>Stops as a process that is killed does: nothing listens any more, and every connection is cut.</summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _server, null) is { } server)
        {
            var stopping = server.StopAsync();
            CutConnections();
            await stopping;
            await server.DisposeAsync();
        }
    }

    /// <summary>Stops as a process that is asked to: every connection is told with GOAWAY, and streams are cut when <paramref name="grace"/> is over.</summary>
    public async Task StopOrderlyAsync(TimeSpan grace)
    {
        if (Interlocked.Exchange(ref _server, null) is { } server)
        {
            using var patience = new CancellationTokenSource(grace);
            await server.StopAsync(patience.Token);
            CutConnections();
            await server.DisposeAsync();
        }
    }

    /// <summary>Listens, on the port that it had before if there was one.</summary>
    public async Task StartAgainAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(_world).AddSingleton(_counters).AddSingleton<MeshWarmIds>();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // A client whose TLS a proxy ends says https.
            kestrel.AllowAlternateSchemes = true;
            kestrel.Limits.Http2.MaxStreamsPerConnection = _options.MaxStreams;
            kestrel.Listen(EndPoint, Listen);
        });
        var server = builder.Build();
        server.Use((context, next) =>
        {
            context.Response.OnStarting(() =>
            {
                context.Response.ContentType = "application/grpc+proto";
                return Task.CompletedTask;
            });
            return next(context);
        });
        server.MapGrpcService<MeshInterpreter>();
        server.MapGrpcService<MeshReplicas>();
        server.MapGrpcService<MeshDelegator>();
        server.MapGrpcService<MeshCodec>();
        await server.StartAsync();
        var addresses = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        EndPoint = new IPEndPoint(EndPoint.Address, new Uri(addresses.First()).Port);
        _server = server;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _port.Dispose();
    }

    private void Listen(Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http2;
        listen.Use(next => async connection =>
        {
            _counters.ConnectionOpened();
            _connections[connection] = true;
            try
            {
                await next(connection);
            }
            finally
            {
                _connections.TryRemove(connection, out _);
                _counters.ConnectionClosed();
            }
        });
        if (_options.Certificate is { } certificate)
        {
            listen.UseHttps(certificate, https =>
            {
                https.ClientCertificateMode = _options.ClientCertificate is null ? ClientCertificateMode.NoCertificate : ClientCertificateMode.RequireCertificate;
                https.ClientCertificateValidation = (shown, _, _) => _options.ClientCertificate!(shown);
            });
        }
    }
}
