using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>gRPC over HTTP/2, which the client insists on by ALPN: TLS ended by the proxy, and both ended and begun by it.</summary>
public sealed class GrpcTests : IAsyncLifetime
{
    private const string Name = "grpc.example";

    // io.linkerd.mesh.Codec reads the text of a path; messages are bytes here, so that no client has to be generated.
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(static bytes => bytes, static bytes => bytes);
    private static readonly Method<byte[], byte[]> ReadPath = new(MethodType.Unary, "io.linkerd.mesh.Codec", "ReadPath", Bytes, Bytes);
    private readonly TlsFiles _files = new();
    private NamerdStandIn _namerd = null!;

    public async ValueTask InitializeAsync() => _namerd = await NamerdStandIn.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _namerd.DisposeAsync();
        _files.Dispose();
    }

    [Fact]
    public async Task Terminate_ManyCallsOnOneConnection_AreAnswered()
    {
        await using var server = await MeshStandIn.StartAsync(_namerd);
        await using var proxy = await Executable.StartAsync(ProxyProcess.InetName(server.EndPoint), [.. Terminate(), "--tls-alpn", "h2"]);
        await CallAsync(proxy);
        Assert.Equal(1, server.ConnectionCount);
    }

    [Fact]
    public async Task Both_ManyCallsOnOneConnection_AreAnswered()
    {
        // Kestrel sends no intermediate of a PFX file.
        using var authority = new TestAuthority("root of the server");
        using var certificate = authority.Issue(Name);
        await using var server = await MeshStandIn.StartAsync(_namerd, new MeshStandInOptions { Certificate = certificate });
        await using var proxy = await Executable.StartAsync(
            ProxyProcess.InetName(server.EndPoint),
            [.. Terminate(), "--tls-alpn", "h2,http/1.1", "--server-tls", "--server-ca", authority.RootFile, "--server-tls-name", Name, "--server-alpn", "{alpn}"]);
        await CallAsync(proxy);
    }

    [Fact]
    public async Task Terminate_NoProtocolChosen_TheClientDoesNotTalk()
    {
        await using var server = await MeshStandIn.StartAsync(_namerd);
        await using var proxy = await Executable.StartAsync(ProxyProcess.InetName(server.EndPoint), Terminate());
        await Assert.ThrowsAsync<RpcException>(() => CallAsync(proxy));
        Assert.Equal(0, server.CallsOf("ReadPath"));
    }

    private string[] Terminate()
    {
        var identity = _files.Write(Name);
        return ["--tls-cert", identity.Certificate, "--tls-key", identity.Key];
    }

    private async Task CallAsync(ProxyProcess proxy)
    {
        using var handler = new SocketsHttpHandler
        {
            SslOptions = TlsSession.Trusting(_files.Root, Name),
            ConnectCallback = async (_, _) => new NetworkStream(await ClientSocket.ConnectAsync(proxy.EndPoint), ownsSocket: true),
        };
        using var channel = GrpcChannel.ForAddress($"https://{Name}", new GrpcChannelOptions { HttpHandler = handler });
        var calls = channel.CreateCallInvoker();
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => AskAsync(calls, $"/svc/web-{i}"))).InTimeAsync();
        Assert.All(answers, (answer, i) => Assert.Contains($"web-{i}", answer, StringComparison.Ordinal));
    }

    private static async Task<string> AskAsync(CallInvoker calls, string path)
    {
        // Field 1, a string of less than 128 bytes.
        var text = System.Text.Encoding.ASCII.GetBytes(path);
        using var call = calls.AsyncUnaryCall(ReadPath, null, new CallOptions(cancellationToken: TestContext.Current.CancellationToken), [0x0a, (byte)text.Length, .. text]);
        return System.Text.Encoding.Latin1.GetString(await call.ResponseAsync);
    }
}
