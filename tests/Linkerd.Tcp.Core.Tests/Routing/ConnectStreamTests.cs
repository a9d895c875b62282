using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Tests.Security.Connections.Contract;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing;

/// <summary>Streams of a destination whose servers have TLS.</summary>
public sealed class ConnectStreamTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Dispose_ReadIsPending_ServerGetsWhatWasWrittenAndTheEndOfTls()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        await using var registry = new DestinationRegistry(_ => new DestinationOptions
        {
            Resolver = new StaticResolver(listener.LocalEndPoint!),
            Tls = new ServerTlsOptions { ServerName = "a.test", RootFiles = [TlsMaterial.RootFile] },
        });
        var destination = registry.Get(DstPath.Parse("/svc/web"));
        var connecting = destination.ConnectStreamAsync(TestContext.Current.CancellationToken);
        await using var server = new SslStream(new NetworkStream(await listener.AcceptAsync(TestContext.Current.CancellationToken), ownsSocket: true));
        await server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = TlsMaterial.Context("ok") }, TestContext.Current.CancellationToken);
        var stream = await connecting;

        // Both ways, synchronously.
        await server.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);
        var hello = new byte[5];
        await Task.Run(() => stream.ReadExactly(hello, 0, 5), TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal("hello"u8.ToArray(), hello);
        var reading = stream.ReadAsync(new byte[10], TestContext.Current.CancellationToken).AsTask();
        var sent = new byte[200_000];
        stream.Write(sent);
        Assert.Equal(1, destination.Balancer.Endpoints[0].Load);
        stream.Dispose();

        // An end without close_notify would be an exception.
        using var received = new MemoryStream();
        await server.CopyToAsync(received, TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(sent.Length, received.Length);
        await Assert.ThrowsAnyAsync<IOException>(() => reading).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.True(SpinWait.SpinUntil(() => destination.Balancer.Endpoints[0].Load == 0, Patience));
    }
}
