using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Hosting.Tests;

public sealed class ProxyHostTests
{
    private static readonly ConfigurationTable Table = new(new InterpreterKinds());

    [Fact]
    public async Task StartAsync_TwoRoutersAndServersOfDifferentTimes_AllOfThemServe()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var address = (IPEndPoint)server.LocalEndpoint;
        var name = NameTree.Parse($"/$/inet/127.0.0.1/{address.Port}");
        var configuration = new ProxyConfiguration
        {
            Routers =
            [
                new RouterConfiguration
                {
                    Servers =
                    [
                        new ServerConfiguration { Port = 0, DstName = name },
                        new ServerConfiguration { Port = 0, DstName = name, ConnectTimeout = TimeSpan.FromSeconds(3) },
                        new ServerConfiguration { Port = 0, DstName = NameTree.Parse($"~ | /$/inet/127.0.0.1/{address.Port}") },
                    ],
                },
                new RouterConfiguration
                {
                    Label = "fixed",
                    Interpreter = new StaticInterpreterConfiguration { Addrs = [address] },
                    Servers = [new ServerConfiguration { Port = 0, DstName = NameTree.Parse("/svc/any") }],
                },
            ],
        };
        await using var host = new ProxyHost(configuration, Table);
        await host.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal(4, host.LocalEndPoints.Count);
        foreach (var local in host.LocalEndPoints)
        {
            using var client = new TcpClient();
            await client.ConnectAsync((IPEndPoint)local, TestContext.Current.CancellationToken);
            using var accepted = await server.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
            await accepted.GetStream().WriteAsync(new byte[] { 42 }, TestContext.Current.CancellationToken);
            var answer = new byte[1];
            await client.GetStream().ReadExactlyAsync(answer, TestContext.Current.CancellationToken);
            Assert.Equal(42, answer[0]);

            // The session before may not have ended yet.
            Assert.InRange(host.ActiveSessions, 1, 4);
            client.Client.Close(0);
            await Assert.ThrowsAnyAsync<IOException>(async () => await accepted.GetStream().ReadExactlyAsync(answer, TestContext.Current.CancellationToken));
        }

        Assert.Equal(0, await host.DrainAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Constructor_ConfigurationThatIsNotValid_IsRefusedWithAllErrors() =>
        Assert.Equal(2, Assert.Throws<InvalidOptionsException>(() => new ProxyHost(new ProxyConfiguration { Loops = -1 }, Table)).Errors.Count);

    [Fact]
    public void NamedTarget_OfTrees_IsNoNameOfAnyTree()
    {
        Assert.Equal(DstPath.Parse("/svc/a"), NamedTarget.Of(NameTree.Parse("/svc/a"))[0].Name);
        Assert.Equal(DstPath.Parse("/target"), NamedTarget.Of(NameTree.Parse("/svc/a | /svc/b"))[0].Name);
        Assert.Equal(DstPath.Parse("/target-3"), NamedTarget.Of(NameTree.Parse("/target/a | /target-2"))[0].Name);
        Assert.Equal(
            ["/target", "/target-2", "/a"], NamedTarget.Of(NameTree.Parse("/a | /b"), NameTree.Parse("/b | /a"), NameTree.Parse("/a | /b"), NameTree.Parse("/a")).Select(static target => target.Name.ToString()));
    }
}
