using System.Buffers.Binary;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>
/// Speaks gRPC over cleartext HTTP/2 and does as it is told: for what a good namerd does not do, and for playing back what a real one did. The question whose
/// answer is known, for the replicas of no id, it answers by itself. Any thread.
/// </summary>
public sealed class MeshRawServer : IAsyncDisposable
{
    // failed{"No ID provided"}: field 3 of Replicas, with field 1 in it.
    private static readonly byte[] NoId = [0x1a, 0x10, 0x0a, 0x0e, .. "No ID provided"u8];
    private readonly WebApplication _server;

    private MeshRawServer(WebApplication server) => _server = server;

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = new("mesh://127.0.0.1:1");

    /// <summary>Starts one.</summary>
    /// <param name="serve">Serves one call; when it returns the call ends, with status 0 unless it said otherwise.</param>
    public static async Task<MeshRawServer> StartAsync(Func<MeshRawCall, Task> serve)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var server = builder.Build();
        server.Run(context => ServeAsync(context, serve));
        await server.StartAsync();
        var addresses = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        return new MeshRawServer(server) { Address = new Uri($"mesh://127.0.0.1:{new Uri(addresses.First()).Port}") };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // Calls are not waited for.
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _server.StopAsync(now.Token);
        await _server.DisposeAsync();
    }

    private static async Task ServeAsync(HttpContext context, Func<MeshRawCall, Task> serve)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var call = new MeshRawCall(context, context.Request.Path.Value!.Split('/')[^1], body.ToArray()[5..]);
        context.Response.ContentType = "application/grpc+proto";
        await context.Response.StartAsync(context.RequestAborted);
        try
        {
            await (call is { Method: "GetReplicas", Request.Length: 0 } ? call.SendAsync(NoId) : serve(call));
            call.End();
        }
        catch (OperationCanceledException)
        {
            // The client has left.
        }
    }
}

/// <summary>One call of a <see cref="MeshRawServer"/>.</summary>
public sealed class MeshRawCall
{
    private readonly HttpContext _context;
    private int _status;
    private string? _details;

    internal MeshRawCall(HttpContext context, string method, byte[] request) => (_context, Method, Request) = (context, method, request);

    /// <summary>The name of the method, without its service.</summary>
    public string Method { get; }

    /// <summary>The message that was sent.</summary>
    public byte[] Request { get; }

    /// <summary>Cancelled when the client has left.</summary>
    public CancellationToken Gone => _context.RequestAborted;

    /// <summary>Sends a message, whatever it is.</summary>
    public async Task SendAsync(byte[] message)
    {
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        await _context.Response.Body.WriteAsync(frame, Gone);
        await _context.Response.Body.FlushAsync(Gone);
    }

    /// <summary>What the call is to end with.</summary>
    public void EndWith(int status, string? details = null) => (_status, _details) = (status, details);

    /// <summary>Ends the call with RST_STREAM.</summary>
    public void Reset() => _context.Abort();

    /// <summary>Waits until the client has left.</summary>
    public Task WaitAsync() => Task.Delay(Timeout.InfiniteTimeSpan, Gone);

    internal void End()
    {
        _context.Response.AppendTrailer("grpc-status", _status.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (_details is not null)
        {
            _context.Response.AppendTrailer("grpc-message", Uri.EscapeDataString(_details));
        }
    }
}
