using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using Google.Protobuf;
using Linkerd.Tcp.Namerd.Mesh.Wire;
using Linkerd.Tcp.Namerd.Protocol;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>The recorded streams, played back to the resolver: after each step it has the right set.</summary>
public sealed class ClientMeshTests
{
    [Theory]
    [InlineData("StreamReplicas")]
    [InlineData("StreamReplicas missing")]
    public async Task StreamReplicas_PlayedBack_LeavesTheSetOfEachStep(string name)
    {
        var play = Channel.CreateUnbounded<byte[]>();
        await using var server = await MeshRawServer.StartAsync(async call =>
        {
            if (call.Method == "StreamBoundTree")
            {
                await call.SendAsync(Leaf("/#/io.l5d.fs/streamed").ToByteArray());
                await call.WaitAsync();
            }

            await foreach (var message in play.Reader.ReadAllAsync(call.Gone))
            {
                await call.SendAsync(message);
            }
        });
        await using var watcher = MeshWatch.Name(MeshWatch.At(server.Address));
        foreach (var step in MeshCapture.Steps(name))
        {
            if (step.TryGetProperty("msg", out var message))
            {
                play.Writer.TryWrite(MeshCapture.Message("StreamReplicas", message).ToByteArray());
                switch (message.GetProperty("result").GetString())
                {
                    case "bound":
                        await watcher.UntilIsAsync(Set(message));
                        break;
                    case "neg":
                        await watcher.UntilIsAsync(Resolution.Negative.Instance);
                        break;
                    default:
                        await watcher.UntilFailsAsync(message.GetProperty("failed").GetProperty("message").GetString()!);
                        break;
                }
            }
        }

        Assert.Empty(watcher.Rest());
    }

    [Fact]
    public async Task StreamBoundTree_PlayedBack_LeavesTheSetOfEachStep()
    {
        var time = new ManualTime();
        var play = Channel.CreateUnbounded<JsonElement>();
        await using var server = await MeshRawServer.StartAsync(async call =>
        {
            if (call.Method == "StreamReplicas")
            {
                var id = MeshNames.FromMessage(ReplicasReq.Parser.ParseFrom(call.Request).Id).ToString();
                await call.SendAsync(MeshCapture.Message("GetReplicas", Replicas(id)).ToByteArray());
                await call.WaitAsync();
            }

            await foreach (var step in play.Reader.ReadAllAsync(call.Gone))
            {
                if (MeshCapture.Error(step) is { } error)
                {
                    call.EndWith(error.Code, error.Details);
                    return;
                }

                await call.SendAsync(MeshCapture.Message("StreamBoundTree", step.GetProperty("msg")).ToByteArray());
            }
        });
        await using var watcher = MeshWatch.Name(MeshWatch.At(server.Address).With(own => { own.TimeProvider = time; own.Interval = null; }));
        var steps = MeshCapture.Steps("StreamBoundTree").ToList();
        Play(0);
        await watcher.UntilIsAsync(Set(MeshCapture.Get("GetReplicas /#/io.l5d.fs/plain")));

        Play(2);
        var split = Assert.IsType<Resolution.Bound>(await watcher.UntilAsync(state => state is Resolution.Bound { Endpoints.Groups.Length: 2 }));
        Assert.Equal(
            [(3.0, "127.0.0.1:9001, 127.0.0.1:9002"), (1.0, "127.0.0.1:9003")], split.Endpoints.Groups.Select(group => (group.Weight, group.ToString())));

        Play(4);
        await watcher.UntilFailsAsync("Max recursion level: 100 reached in Namer lookup");
        await time.PassTimerAsync(0.5, 1);
        Play(0);
        await watcher.UntilIsAsync(Set(MeshCapture.Get("GetReplicas /#/io.l5d.fs/plain")));

        void Play(int step) => play.Writer.TryWrite(steps[step]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Answer_ToAName_IsReadAsItIs(string name)
    {
        var recorded = MeshCapture.Get(name);
        await using var server = await MeshRawServer.StartAsync(async call =>
        {
            if (MeshCapture.Error(recorded) is { } error)
            {
                call.EndWith(error.Code, error.Details);
                return;
            }

            await call.SendAsync(MeshCapture.Message("GetBoundTree", recorded).ToByteArray());
            await call.WaitAsync();
        });
        await using var watcher = MeshWatch.Binding(MeshWatch.At(server.Address), name.Split(' ')[1]);
        var expected = MeshCapture.Error(recorded) is { } failure
            ? $"failed: namerd at {server.Address.Authority} answered {name.Split(' ')[1]} with INTERNAL: '{failure.Details}'"
            : $"bound to {Print(recorded.GetProperty("tree"))}";
        Assert.Equal(expected, (await watcher.NextAsync()).ToString());
    }

    public static TheoryData<string> Names => [.. MeshCapture.Calls("GetBoundTree").Where(name => name.Contains('/'))];

    private static string Print(JsonElement tree) => tree.GetProperty("node").GetString() switch
    {
        "leaf" => "/" + string.Join('/', tree.GetProperty("leaf").GetProperty("id").GetProperty("elems").EnumerateArray().Select(elem => elem.GetString())),
        "union" => $"({string.Join(" & ", tree.GetProperty("union").GetProperty("trees").EnumerateArray().Select(PrintBranch))})",
        "neg" => "~",
        "fail" => "!",
        _ => "$",
    };

    private static string PrintBranch(JsonElement branch)
    {
        var weight = branch.GetProperty("weight").GetDouble();
        return (weight == 1 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"{weight} * ")) + Print(branch.GetProperty("tree"));
    }

    private static Resolution.Bound Set(JsonElement answer)
    {
        var endpoints = answer.GetProperty("bound").GetProperty("endpoints").EnumerateArray().Select(endpoint => new WeightedAddress(
            new IPEndPoint(IPAddress.Loopback, endpoint.GetProperty("port").GetInt32()),
            endpoint.TryGetProperty("metadata", out var metadata) ? double.Parse(metadata.GetProperty("endpoint_addr_weight").GetString()!, CultureInfo.InvariantCulture) : 1));
        return new Resolution.Bound(EndpointSet.Create(endpoints));
    }

    // Of the sets behind the union only one was recorded over the mesh; the others are what the files say.
    private static JsonElement Replicas(string id)
    {
        if (MeshCapture.Names.Contains($"GetReplicas {id}"))
        {
            return MeshCapture.Get($"GetReplicas {id}");
        }

        int[] ports = id.EndsWith("web1", StringComparison.Ordinal) ? [9001, 9002] : [9003];
        var endpoints = string.Join(',', ports.Select(port => $$"""{"meta":{},"inet_af":0,"address":"hex:7f000001","port":{{port}} }"""));
        return JsonDocument.Parse($$"""{"bound":{"endpoints":[{{endpoints}}]},"result":"bound"}""").RootElement;
    }

    private static BoundTreeRsp Leaf(string id) => new() { Tree = new() { Leaf = new() { Id = MeshNames.ToMessage(DstPath.Parse(id)), Residual = new() } } };
}
