using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Linkerd.Tcp.Namerd.Mesh.Wire;
using Linkerd.Tcp.Namerd.Protocol;
using Linkerd.Tcp.TestUtilities;
using Path = Linkerd.Tcp.Namerd.Protocol.Path;

namespace Linkerd.Tcp.Namerd;

/// <summary>The stand-in with the dtabs and files of the recorded namerd answers as that did.</summary>
public sealed class StandInMeshTests
{
    private static readonly string[] Unary = ["GetBoundTree", "GetReplicas", "GetDtab", "ReadDtab"];
    private static readonly string[] Streaming = ["StreamBoundTree", "StreamReplicas", "StreamDtab"];

    public static TheoryData<string> Answers => [.. Unary.SelectMany(MeshCapture.Calls)];

    public static TheoryData<string> Streams => [.. Streaming.SelectMany(MeshCapture.Calls)];

    [Fact]
    public void Recordings_AreAllKnownHere() => Assert.Equal(Answers.Count + Streams.Count, MeshCapture.Names.Count());

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Answer_IsTheRecordedOne(string name)
    {
        await using var namerd = await MeshCapturedWorld.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        using var channel = GrpcChannel.ForAddress($"http://{mesh.EndPoint}");
        var (method, argument) = (name.Split(' ')[0], name[(name.IndexOf(' ') is var space && space < 0 ? name.Length : space + 1)..]);
        var recorded = MeshCapture.Get(name);
        var asking = AskAsync(channel.CreateCallInvoker(), method, argument);
        if (MeshCapture.Error(recorded) is { } error)
        {
            var exception = await Assert.ThrowsAsync<RpcException>(() => asking);
            Assert.Equal(error, ((int)exception.StatusCode, exception.Status.Detail));
        }
        else
        {
            Assert.Equal(MeshCapture.Sorted(MeshCapture.Message(method, recorded)), MeshCapture.Sorted(await asking));
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Stream_IsTheRecordedOne(string name)
    {
        await using var namerd = await MeshCapturedWorld.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        using var channel = GrpcChannel.ForAddress($"http://{mesh.EndPoint}");
        var method = name.Split(' ')[0];
        var isMissing = name.EndsWith("missing", StringComparison.Ordinal);
        await using var messages = Open(channel.CreateCallInvoker(), method, isMissing).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        foreach (var step in MeshCapture.Steps(name))
        {
            if (step.TryGetProperty("did", out var did))
            {
                MeshCapturedWorld.Do(namerd, did.GetString()!);
            }
            else if (step.TryGetProperty("msg", out var recorded))
            {
                Assert.True(await messages.MoveNextAsync());
                Assert.Equal(MeshCapture.Sorted(MeshCapture.Message(method, recorded)), MeshCapture.Sorted(messages.Current));
            }
            else if (MeshCapture.Error(step) is { Code: not 1 } error)
            {
                var exception = await Assert.ThrowsAsync<RpcException>(() => messages.MoveNextAsync().AsTask());
                Assert.Equal(error, ((int)exception.StatusCode, exception.Status.Detail));
            }
        }
    }

    [Fact]
    public async Task GetDelegateTree_IsWrittenAsNamerdWritesIt()
    {
        await using var namerd = await MeshCapturedWorld.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        using var channel = GrpcChannel.ForAddress($"http://{mesh.EndPoint}");
        var delegator = new Delegator.DelegatorClient(channel);
        var options = new CallOptions(cancellationToken: TestContext.Current.CancellationToken);
        var tree = (await delegator.GetDelegateTreeAsync(Delegate("/svc/klass"), options)).Tree;

        // In place of no entry there is one, of the label '/' to nothing.
        Assert.Equal(["/"], tree.Dentry.Prefix.Elems.Select(elem => elem.Label.ToStringUtf8()));
        Assert.Equal(PathNameTree.NodeOneofCase.Neg, tree.Dentry.Dst.NodeCase);
        Assert.Equal("BoundDelegateTree Exception: Unknown namer: no.such.Klass for path: /$/no.such.Klass/x", tree.Alt.Trees[0].Exception);
        using var stream = delegator.StreamDelegateTree(Delegate("/svc/klass"), options);
        Assert.True(await stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(tree, stream.ResponseStream.Current.Tree);
        Assert.False(await stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken));

        var noName = await Assert.ThrowsAsync<RpcException>(() => delegator.GetDelegateTreeAsync(new() { Root = Name("/default") }, options).ResponseAsync);
        Assert.Equal((StatusCode.NotFound, "No name given"), (noName.StatusCode, noName.Status.Detail));
        namerd.SetDtab("default", "/loop => /loop");
        var loop = await Assert.ThrowsAsync<RpcException>(() => delegator.GetDelegateTreeAsync(Delegate("/loop"), options).ResponseAsync);
        Assert.Equal((StatusCode.Internal, "Max recursion level reached."), (loop.StatusCode, loop.Status.Detail));

        static DelegateTreeReq Delegate(string name) => new() { Root = Name("/default"), Tree = new() { Leaf = new() { Id = Name(name) } } };
    }

    [Fact]
    public async Task Codec_Shows_CanonicalTexts()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        using var channel = GrpcChannel.ForAddress($"http://{mesh.EndPoint}");
        var codec = new Codec.CodecClient(channel);
        var options = new CallOptions(cancellationToken: TestContext.Current.CancellationToken);
        var dtab = await codec.ReadDtabAsync(new ReadDtabReq { Text = "/a/*=>0.125*/b&/c|!" }, options);
        Assert.Equal("/a/*=>0.13*/b & /c | !", (await codec.ShowDtabAsync(new ShowDtabReq { Dtab = dtab.Dtab }, options)).Text);
        var path = await codec.ReadPathAsync(new ReadPathReq { Text = @"/a/\x00b" }, options);
        Assert.Equal(@"/a/\x00\x62", (await codec.ShowPathAsync(new ShowPathReq { Path = path.Path }, options)).Text);
        var exception = await Assert.ThrowsAsync<RpcException>(() => codec.ReadPathAsync(new ReadPathReq { Text = "a" }, options).ResponseAsync);
        Assert.Equal((StatusCode.InvalidArgument, "'/' expected but 'a' found at '[a]'"), (exception.StatusCode, exception.Status.Detail));
    }

    private static async Task<IMessage> AskAsync(CallInvoker calls, string method, string argument)
    {
        var options = new CallOptions(cancellationToken: TestContext.Current.CancellationToken);
        return method switch
        {
            "GetBoundTree" => await new Interpreter.InterpreterClient(calls).GetBoundTreeAsync(Bind(argument), options),
            "GetReplicas" => await new Resolver.ResolverClient(calls).GetReplicasAsync(argument == "no id" ? new() : new() { Id = Name(argument) }, options),
            "GetDtab" => await new Delegator.DelegatorClient(calls).GetDtabAsync(new() { Root = Name("/" + argument) }, options),
            _ => await new Codec.CodecClient(calls).ReadDtabAsync(new() { Text = argument == "bad" ? "x" : "/a => /b" }, options),
        };
    }

    private static BindReq Bind(string argument) => argument switch
    {
        "no root" => new() { Name = Name("/svc/plain") },
        "two-element root" => new() { Root = Name("/a/b"), Name = Name("/svc/plain") },
        "no name" => new() { Root = Name("/default") },
        "unknown namespace" => new() { Root = Name("/unknown"), Name = Name("/svc/plain") },
        _ => new() { Root = Name("/default"), Name = Name(argument) },
    };

    private static IAsyncEnumerable<IMessage> Open(CallInvoker calls, string method, bool isMissing)
    {
        var options = new CallOptions(cancellationToken: TestContext.Current.CancellationToken);
        var file = isMissing ? "missing" : "streamed";
        return method switch
        {
            "StreamBoundTree" => ReadAsync(new Interpreter.InterpreterClient(calls).StreamBoundTree(new() { Root = Name("/streamed"), Name = Name("/svc/plain") }, options)),
            "StreamReplicas" => ReadAsync(new Resolver.ResolverClient(calls).StreamReplicas(new() { Id = Name($"/#/io.l5d.fs/{file}") }, options)),
            _ => ReadAsync(new Delegator.DelegatorClient(calls).StreamDtab(new() { Root = Name("/" + file) }, options)),
        };
    }

    private static async IAsyncEnumerable<IMessage> ReadAsync<T>(AsyncServerStreamingCall<T> call)
        where T : IMessage
    {
        using (call)
        {
            while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
            {
                yield return call.ResponseStream.Current;
            }
        }
    }

    private static Path Name(string text) => MeshNames.ToMessage(DstPath.Parse(text));
}
