using System.Net;
using Linkerd.Tcp.Hosting.Mapping;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Hosting.Tests;

public sealed class ConfigurationSnapshotTests
{
    private static readonly ConfigurationTable Table = new(new InterpreterKinds());

    // A change of the configuration, and the keys that it changes.
    private static readonly Dictionary<string, (Action<ProxyConfiguration> Change, string[] Keys)> Changes = new()
    {
        ["nothing"] = (static _ => { }, []),
        ["the same values in new objects"] = (static proxy => proxy.Routers = [.. New().Routers], []),
        ["an option of the process"] = (static proxy => proxy.BufferSizeBytes = 4096, ["bufferSizeBytes"]),
        ["an option of a server"] = (static proxy => proxy.Routers[0].Servers[0].MaxConcurrency = 5, ["routers[a].servers[127.0.0.1:7474].maxConcurrency"]),
        ["a target"] = (static proxy => proxy.Routers[0].Servers[0].DstName = Name("/svc/other"), ["routers[a].servers[127.0.0.1:7474].dstName"]),
        ["another port"] = (static proxy => proxy.Routers[0].Servers[0].Port = 7575, ["routers[a].servers[127.0.0.1:7575]", "routers[a].servers[127.0.0.1:7474]"]),
        ["another address"] = (static proxy => proxy.Routers[0].Servers[0].Ip = IPAddress.IPv6Loopback, ["routers[a].servers[[::1]:7474]", "routers[a].servers[127.0.0.1:7474]"]),
        ["a server more"] = (static proxy => proxy.Routers[0].Servers = [.. proxy.Routers[0].Servers, Server(7575)], ["routers[a].servers[127.0.0.1:7575]"]),
        ["a server less"] = (static proxy => proxy.Routers[1].Servers = [proxy.Routers[1].Servers[0]], ["routers[b].servers[127.0.0.1:0]#2"]),
        ["the second of two servers on any port"] = (static proxy => proxy.Routers[1].Servers[1].MaxConcurrency = 5, ["routers[b].servers[127.0.0.1:0]#2.maxConcurrency"]),
        ["routers in another order"] = (static proxy => proxy.Routers = [proxy.Routers[1], proxy.Routers[0]], []),
        ["a router more"] = (static proxy => proxy.Routers = [.. proxy.Routers, Router("c", Server(7777))], ["routers[c]"]),
        ["a router less"] = (static proxy => proxy.Routers = [proxy.Routers[0]], ["routers[b]"]),
        ["another label"] = (static proxy => proxy.Routers[0].Label = "c", ["routers[c]", "routers[a]"]),
        ["another kind of interpreter"] = (static proxy => proxy.Routers[0].Interpreter = new StaticInterpreterConfiguration { Addrs = [new IPEndPoint(IPAddress.Loopback, 80)] }, ["routers[a].interpreter.kind", "routers[a].interpreter.addrs", "routers[a].interpreter.dtab"]),
        ["settings of all names"] = (static proxy => proxy.Routers[0].Client.Global.MaxWaiters = 5, ["routers[a].client.maxWaiters"]),
        ["settings of a prefix"] = (static proxy => proxy.Routers[0].Client.Configs[1].MaxWaiters = 5, ["routers[a].client.configs[/svc/x].maxWaiters"]),
        ["prefixes in another order"] = (static proxy => proxy.Routers[0].Client.Configs = [proxy.Routers[0].Client.Configs[1], proxy.Routers[0].Client.Configs[0]], ["routers[a].client.configs"]),
        ["an admin server"] = (static proxy => proxy.Admin = new AdminConfiguration(), ["admin"]),
        ["a secret"] = (static proxy => (proxy.Routers[0].Client.Global.CheckInterval, proxy.Routers[0].Client.Global.CheckSend) = (TimeSpan.FromSeconds(1), new byte[] { 1 }), ["routers[a].client.activeCheck.intervalMs", "routers[a].client.activeCheck.send"]),
    };

    public static TheoryData<string> Names => [.. Changes.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void FindChanges_OfAChange_HasItsKeys(string name)
    {
        var (change, keys) = Changes[name];
        var changed = New();
        change(changed);
        var (before, after) = (ConfigurationSnapshot.Of(New(), Table), ConfigurationSnapshot.Of(changed, Table));
        Assert.Equal(keys, after.FindChanges(before));
        Assert.Equal(keys.Length == 0, after.IsSame(before));
        Assert.Empty(after.FindChanges(after));
    }

    [Fact]
    public void Of_Configuration_IsACopy()
    {
        var configuration = New();
        var before = ConfigurationSnapshot.Of(configuration, Table);
        configuration.BufferSizeBytes = 4096;
        Assert.Equal(["bufferSizeBytes"], ConfigurationSnapshot.Of(configuration, Table).FindChanges(before));
    }

    [Fact]
    public void With_Keys_TakesTheirValuesOfTheOtherOnly()
    {
        var changed = New();
        (changed.BufferSizeBytes, changed.Loops) = (4096, 3);
        var (before, after) = (ConfigurationSnapshot.Of(New(), Table), ConfigurationSnapshot.Of(changed, Table));
        var merged = after.With(before, ["loops"]);
        Assert.Equal(["bufferSizeBytes"], merged.FindChanges(before));
        Assert.Equal(before.TextOf("loops"), merged.TextOf("loops"));
        Assert.Equal("4096", merged.TextOf("bufferSizeBytes"));
    }

    [Fact]
    public void Router_ByLabel_IsFoundOrNull()
    {
        var snapshot = ConfigurationSnapshot.Of(New(), Table);
        Assert.Equal("a", snapshot.Router("a")!.TextOf("label"));
        Assert.Null(snapshot.Router("c"));
        Assert.Null(snapshot.Part("admin"));
        Assert.False(snapshot.Router("a")!.IsSame(snapshot.Router("c")));
    }

    private static ProxyConfiguration New() => new() { Routers = [Router("a", Server(7474)), Router("b", Server(0), Server(0))] };

    private static RouterConfiguration Router(string label, params ServerConfiguration[] servers) => new()
    {
        Label = label,
        Interpreter = new LocalInterpreterConfiguration { Dtab = Dtab.Parse("/svc => /$/inet/127.0.0.1") },
        Servers = servers,
        Client = new ClientConfiguration { Configs = [new ClientSettings { Prefix = DstPath.Parse("/svc") }, new ClientSettings { Prefix = DstPath.Parse("/svc/x") }] },
    };

    private static ServerConfiguration Server(int port) => new() { Port = port, DstName = Name("/svc/80") };

    private static NameTree.Leaf Name(string text) => new(DstPath.Parse(text));
}
