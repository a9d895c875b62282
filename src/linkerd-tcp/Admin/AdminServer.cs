using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli.Admin;

/// <summary>
/// The admin server: probes, metrics, state and actions over HTTP/1.1. It shares no thread with the event loops, and its memory is bounded: by the numbers of connections and of answers at once, and by
/// the sizes of requests and pages; clients that are slow are cut.
/// </summary>
internal sealed partial class AdminServer : IAsyncDisposable
{
    private const int MaxConnections = 128;

    // More than this are idle, slow or gone, and need not be waited for.
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(1);

    private readonly WebApplication _application;
    private readonly ListenerIdentity? _identity;
    private readonly AdminRoutes _routes;

    private AdminServer(WebApplication application, ListenerIdentity? identity, AdminRoutes routes) => (_application, _identity, _routes) = (application, identity, routes);

    /// <summary>Binds, and starts to serve.</summary>
    /// <exception cref="TransportException">The address cannot be used; the message contains it.</exception>
    /// <exception cref="Linkerd.Tcp.Primitives.InvalidOptionsException">The certificate cannot be used.</exception>
    public static async Task<AdminServer> StartAsync(AdminServices services, CancellationToken cancellationToken)
    {
        var options = services.Options;
        var logger = services.LoggerFactory.CreateLogger("Linkerd.Tcp.Admin");
        var identity = options.Tls is { } tls ? new ListenerIdentity(tls.ToFiles(), services.LoggerFactory, services.TimeProvider) : null;

        // What the libraries log stays here, as it may have parts of requests.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, ApplicationName = "linkerd-tcp" });
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseSockets(static sockets => sockets.CreateBoundListenSocket = AdminListener.Bind);
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, AdminListener.EndPointOf(options), identity));
        if (identity is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = StopPatience);

        // Signals are the process's.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        var application = builder.Build();
        var routes = new AdminRoutes(services, identity, logger);
        routes.Map(application);
        var server = new AdminServer(application, identity, routes);
        try
        {
            await application.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            await server.DisposeAsync().ConfigureAwait(false);
            if (error is IOException and not TransportException)
            {
                throw new TransportException($"the admin server cannot listen on {AdminListener.EndPointOf(options)}: {error.InnerException?.Message ?? error.Message}", error);
            }

            throw;
        }

        var address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault();
        Log.Listening(logger, address ?? $"{AdminListener.EndPointOf(options)}");
        return server;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
        _routes.Dispose();
        _identity?.Dispose();
    }

    private static void Configure(KestrelServerOptions kestrel, EndPoint endPoint, ListenerIdentity? identity)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.MaxConcurrentConnections = MaxConnections;
        limits.MaxConcurrentUpgradedConnections = 0;
        limits.MaxRequestLineSize = 4 * 1024;
        limits.MaxRequestHeaderCount = 50;
        limits.MaxRequestHeadersTotalSize = 16 * 1024;
        limits.MaxRequestBufferSize = 32 * 1024;
        limits.MaxRequestBodySize = 16 * 1024;
        limits.MaxResponseBufferSize = 32 * 1024;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(15);
        limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 8 * 1024, gracePeriod: TimeSpan.FromSeconds(5));
        kestrel.Listen(endPoint, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            if (identity is not null)
            {
                listen.UseHttps(new TlsHandshakeCallbackOptions
                {
                    HandshakeTimeout = TimeSpan.FromSeconds(5),
                    OnConnection = _ => new(new SslServerAuthenticationOptions { ServerCertificateContext = identity.Context, EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 }),
                });
            }
        });
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private static partial class Log
    {
        [LoggerMessage(9040, LogLevel.Information, "the admin server listens on {Address}", EventName = "AdminListening")]
        public static partial void Listening(ILogger logger, string address);
    }
}
