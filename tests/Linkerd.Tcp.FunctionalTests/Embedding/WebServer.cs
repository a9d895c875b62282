using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Kestrel on loopback: it answers each request with the protocol of the request, and sends what it was sent.</summary>
internal sealed class WebServer : IAsyncDisposable
{
    private readonly WebApplication _server;
    private int _requests;

    private WebServer(WebApplication server) => _server = server;

    public IPEndPoint EndPoint { get; private set; } = null!;

    public int Requests => Volatile.Read(ref _requests);

    /// <param name="protocols">The protocols.</param>
    /// <param name="certificate">For TLS; null: cleartext.</param>
    public static async Task<WebServer> StartAsync(HttpProtocols protocols, X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = protocols;
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        var server = new WebServer(builder.Build());
        server._server.Run(server.AnswerAsync);
        await server._server.StartAsync(TestContext.Current.CancellationToken);
        var address = server._server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        server.EndPoint = new IPEndPoint(IPAddress.Loopback, new Uri(address).Port);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.Zero);
        await _server.StopAsync(soon.Token);
        await _server.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        context.Response.Headers["x-protocol"] = context.Request.Protocol;
        context.Response.Headers["x-host"] = context.Request.Host.Value;

        // All of it first: a client of HTTP/1.1 does not read before it has written.
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        await context.Response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length));
    }
}
