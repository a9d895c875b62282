using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>One direction of a session with TLS ends, and the other goes on.</summary>
public sealed class TlsHalfCloseTests : IDisposable
{
    private const string Name = "web.example";
    private readonly TlsFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData(SslProtocols.Tls12, 0)]
    [InlineData(SslProtocols.Tls12, 3_000_000)]
    [InlineData(SslProtocols.Tls13, 0)]
    [InlineData(SslProtocols.Tls13, 3_000_000)]
    public async Task CloseNotify_OfTheClient_IsAFinAndTheAnswerStillComes(SslProtocols version, int length)
    {
        await using var backend = new TcpBackend(Serve.CountToFinAsync);
        await using var proxy = await StartAsync(backend);
        using var client = await ConnectAsync(proxy, version);
        await client.SendAsync(new byte[length]);
        await client.ShutdownAsync();
        Assert.Equal($"{length} bytes\n", Encoding.ASCII.GetString(await client.ReceiveToEndAsync()));
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Fin_OfTheServer_IsACloseNotifyAndTheClientGoesOn(SslProtocols version)
    {
        var received = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var backend = new TcpBackend(async socket =>
        {
            await socket.SendTextAsync("all that I say");
            socket.Shutdown(SocketShutdown.Send);
            received.SetResult((await socket.ReceiveToEndAsync()).Length);
        });
        await using var proxy = await StartAsync(backend);
        using var client = await ConnectAsync(proxy, version);
        Assert.Equal("all that I say", Encoding.ASCII.GetString(await client.ReceiveToEndAsync()));
        await client.SendAsync(new byte[1_000_000]);
        await client.ShutdownAsync();
        Assert.Equal(1_000_000, await received.Task.InTimeAsync());
    }

    private Task<TlsSession> ConnectAsync(ProxyProcess proxy, SslProtocols version) => TlsSession.ConnectAsync(proxy.EndPoint, TlsSession.Trusting(_files.Root, Name, version));

    private Task<ProxyProcess> StartAsync(TcpBackend backend)
    {
        var identity = _files.Write(Name);
        return Executable.StartAsync(backend.Name, "--tls-cert", identity.Certificate, "--tls-key", identity.Key);
    }
}
