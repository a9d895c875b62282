using System.Text.Json;
using Google.Protobuf;
using Linkerd.Tcp.Namerd.Protocol;
using Path = Linkerd.Tcp.Namerd.Protocol.Path;
using Replica = Linkerd.Tcp.Namerd.Protocol.Endpoint;

namespace Linkerd.Tcp.Namerd;

/// <summary>The recorded answers of a namerd over gRPC, as messages again.</summary>
internal static class MeshCapture
{
    private const string Hex = "hex:";
    private static readonly JsonDocument File = JsonDocument.Parse(System.IO.File.ReadAllBytes(System.IO.Path.Combine(AppContext.BaseDirectory, "Captures", "mesh.json")));

    public static IEnumerable<string> Calls(string method) => Names.Where(name => name.Split(' ')[0] == method);

    public static IEnumerable<string> Names => File.RootElement.EnumerateObject().Select(entry => entry.Name);

    public static JsonElement Get(string name) => File.RootElement.GetProperty(name);

    /// <summary>The steps of a stream.</summary>
    public static IEnumerable<JsonElement> Steps(string name) => Get(name).EnumerateArray();

    /// <summary>Code and details of an error; null where there is none.</summary>
    public static (int Code, string Details)? Error(JsonElement answer) => answer.TryGetProperty("error", out var error)
        ? (error.GetProperty("code").GetInt32(), error.GetProperty("details").GetString()!)
        : null;

    /// <summary>Any answer as the message of its method.</summary>
    public static IMessage Message(string method, JsonElement answer) => method switch
    {
        "GetBoundTree" or "StreamBoundTree" => new BoundTreeRsp { Tree = Tree(answer.GetProperty("tree")) },
        "GetReplicas" or "StreamReplicas" => Replicas(answer),
        "GetDtab" or "StreamDtab" => new DtabRsp { Dtab = Versioned(answer.GetProperty("dtab")) },
        "ReadDtab" => new ReadDtabRsp { Dtab = Dtab(answer.GetProperty("dtab")) },
        _ => throw new ArgumentException($"{method} was never recorded", nameof(method)),
    };

    /// <summary>A message with its endpoints in an order that does not depend on namerd.</summary>
    public static IMessage Sorted(IMessage message)
    {
        if (message is Replicas { ResultCase: Protocol.Replicas.ResultOneofCase.Bound } replicas)
        {
            var sorted = replicas.Bound.Endpoints.OrderBy(endpoint => endpoint.Port).ToList();
            replicas.Bound.Endpoints.Clear();
            replicas.Bound.Endpoints.AddRange(sorted);
        }

        return message;
    }

    private static BoundNameTree Tree(JsonElement json) => json.GetProperty("node").GetString() switch
    {
        "leaf" => new() { Leaf = new() { Id = Path(json.GetProperty("leaf").GetProperty("id")), Residual = Path(json.GetProperty("leaf").GetProperty("residual")) } },
        "union" => new()
        {
            Union = new()
            {
                Trees =
                {
                    json.GetProperty("union").GetProperty("trees").EnumerateArray().Select(branch => new BoundNameTree.Types.Union.Types.Weighted
                    {
                        Weight = branch.GetProperty("weight").GetDouble(),
                        Tree = Tree(branch.GetProperty("tree")),
                    }),
                },
            },
        },
        "neg" => new() { Neg = new() },
        "fail" => new() { Fail = new() },
        "empty" => new() { Empty = new() },
        var other => throw new InvalidOperationException($"a node {other}"),
    };

    private static Replicas Replicas(JsonElement json) => json.GetProperty("result").GetString() switch
    {
        "pending" => new() { Pending = new() },
        "neg" => new() { Neg = new() },
        "failed" => new() { Failed = new() { Message = json.GetProperty("failed").GetProperty("message").GetString() } },
        _ => new() { Bound = new() { Endpoints = { Items(json.GetProperty("bound"), "endpoints").Select(Endpoint) } } },
    };

    private static Replica Endpoint(JsonElement json)
    {
        var endpoint = new Replica
        {
            InetAf = (Replica.Types.AddressFamily)json.GetProperty("inet_af").GetInt32(),
            Address = Bytes(json.GetProperty("address")),
            Port = json.GetProperty("port").GetInt32(),
            Meta = new(),
        };
        if (json.TryGetProperty("metadata", out var metadata))
        {
            foreach (var entry in metadata.EnumerateObject())
            {
                endpoint.Metadata[entry.Name] = entry.Value.GetString();
            }
        }

        return endpoint;
    }

    private static VersionedDtab Versioned(JsonElement json) =>
        new() { Version = new() { Id = Bytes(json.GetProperty("version").GetProperty("id")) }, Dtab = Dtab(json.GetProperty("dtab")) };

    private static Protocol.Dtab Dtab(JsonElement json) => new() { Dentries = { Items(json, "dentries").Select(Entry) } };

    private static Protocol.Dtab.Types.Dentry Entry(JsonElement json) => new()
    {
        Prefix = new()
        {
            Elems = { Items(json.GetProperty("prefix"), "elems").Select(elem => new Protocol.Dtab.Types.Dentry.Types.Prefix.Types.Elem { Label = Bytes(elem.GetProperty("label")) }) },
        },
        Dst = new() { Leaf = new() { Id = Path(json.GetProperty("dst").GetProperty("leaf").GetProperty("id")) } },
    };

    private static Path Path(JsonElement json) => new() { Elems = { Items(json, "elems").Select(Bytes) } };

    private static List<JsonElement> Items(JsonElement json, string name) => json.TryGetProperty(name, out var items) ? [.. items.EnumerateArray()] : [];

    private static ByteString Bytes(JsonElement json)
    {
        var text = json.GetString()!;
        return text.StartsWith(Hex, StringComparison.Ordinal) ? ByteString.CopyFrom(Convert.FromHexString(text.AsSpan(Hex.Length))) : ByteString.CopyFromUtf8(text);
    }
}
