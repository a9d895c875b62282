using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>A gRPC channel over connections of a destination, against the gRPC interface of a namerd.</summary>
[Trait("Category", "AnyTransport")]
public sealed class GrpcClientTests
{
    // io.linkerd.mesh.Codec reads the text of a path; messages are bytes here, so that no client has to be generated.
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(static bytes => bytes, static bytes => bytes);
    private static readonly Method<byte[], byte[]> ReadPath = new(MethodType.Unary, "io.linkerd.mesh.Codec", "ReadPath", Bytes, Bytes);

    [Fact]
    public async Task Call_ServerStopped_TheNextCallReachesTheOther()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        var servers = new[] { await MeshStandIn.StartAsync(namerd), await MeshStandIn.StartAsync(namerd) };
        try
        {
            await using var balanced = await BalancedServers.StartAsync(servers.Select(static server => server.EndPoint));
            using (var handler = new SocketsHttpHandler { ConnectCallback = balanced.Destination.ToConnectCallback() })
            using (var channel = GrpcChannel.ForAddress("http://mesh", new GrpcChannelOptions { HttpHandler = handler }))
            {
                var calls = channel.CreateCallInvoker();
                var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => AskAsync(calls, $"/svc/web-{i}"))).InTimeAsync();
                Assert.All(answers, (answer, i) => Assert.Contains($"web-{i}", answer, StringComparison.Ordinal));
                var used = Array.FindIndex(servers, static server => server.OpenConnections > 0);
                await servers[used].DisposeAsync();
                await Eventually.IsTrueAsync(() => balanced.Load == 0, () => "the connection to the stopped server is still there");
                Assert.Contains("again", await AskAsync(calls, "/svc/again").InTimeAsync(), StringComparison.Ordinal);
                Assert.Equal(1, servers[1 - used].CallsOf("ReadPath"));
            }

            await balanced.WaitUnusedAsync();
        }
        finally
        {
            await servers[0].DisposeAsync();
            await servers[1].DisposeAsync();
        }
    }

    private static async Task<string> AskAsync(CallInvoker calls, string path)
    {
        // Field 1, a string of less than 128 bytes.
        var text = Encoding.ASCII.GetBytes(path);
        using var call = calls.AsyncUnaryCall(ReadPath, null, new CallOptions(cancellationToken: TestContext.Current.CancellationToken), [0x0a, (byte)text.Length, .. text]);
        return Encoding.Latin1.GetString(await call.ResponseAsync);
    }
}
