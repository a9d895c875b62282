using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.TestUtilities;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Reloads of a proxy of a generic host by its <see cref="IConfiguration"/>, valid and invalid ones by turns, while clients come without a pause: none is lost.</summary>
[Collection(HeavyLoad.Name)]
[Trait("Category", "Heavy")]
public sealed class HostedReloadTests
{
    private const int Reloads = 30;

    private readonly ConcurrentQueue<string> _failures = new();
    private volatile bool _isEnough;
    private int _served;

    [Fact]
    public async Task Reload_UnderLoad_LosesNoSession()
    {
        await using var first = new TcpBackend(Serve.EchoAsync);
        await using var second = new TcpBackend(Serve.EchoAsync);
        var port = FreePort.Next();
        var provider = new MemoryConfigurationProvider(new MemoryConfigurationSource());
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        ((IConfigurationBuilder)builder.Configuration).Add(new Source(provider));
        Set(provider, 0, port, first, second);
        builder.Services.AddTcpProxy("web", builder.Configuration.GetSection("Proxies:web"));
        using var app = builder.Build();
        await app.StartAsync(TestContext.Current.CancellationToken);
        var proxy = app.Services.GetRequiredKeyedService<ProxyHost>("web");
        var held = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ConnectAsync(port)));
        var load = Task.WhenAll(Enumerable.Range(0, 6).Select(_ => LoadAsync(port)));
        for (var i = 1; i <= Reloads; i++)
        {
            Set(provider, i, port, first, second);
            ((IConfigurationRoot)builder.Configuration).Reload();
            if (i % 3 != 0)
            {
                // The idle timeout says which configuration is in force.
                var wanted = TimeSpan.FromSeconds(100 + i);
                await Eventually.IsTrueAsync(() => proxy.Routers[0].Proxy.Options.Listeners[0].Duplex!.IdleTimeout == wanted, () => $"reload {i}");
            }

            var seen = Volatile.Read(ref _served);
            await Eventually.IsTrueAsync(() => Volatile.Read(ref _served) >= seen + 20 || !_failures.IsEmpty, () => $"{_served} sessions were served");
            foreach (var client in held)
            {
                await PingAsync(client);
            }
        }

        _isEnough = true;
        await load;
        Assert.True(_failures.IsEmpty, string.Join("; ", _failures));
        Array.ForEach(held, static client => client.Dispose());
        await app.StopAsync(TestContext.Current.CancellationToken);
        TestContext.Current.TestOutputHelper?.WriteLine($"{Reloads} reloads, {_served} sessions served, {_failures.Count} lost");
    }

    // Every third one is not valid.
    private static void Set(MemoryConfigurationProvider provider, int i, int port, TcpBackend first, TcpBackend second)
    {
        const string Router = "Proxies:web:routers:0";
        string[] targets = [first.EndPoint.ToString(), second.EndPoint.ToString(), $"{first.EndPoint} & {second.EndPoint}", $"{first.EndPoint},{second.EndPoint}"];
        provider.Set($"{Router}:servers:0:port", port.ToString(CultureInfo.InvariantCulture));
        provider.Set($"{Router}:servers:0:dstName", targets[i % targets.Length]);
        provider.Set($"{Router}:servers:0:idleTimeoutMs", i % 3 == 0 && i > 0 ? "never" : ((100 + i) * 1000).ToString(CultureInfo.InvariantCulture));
        provider.Set($"{Router}:client:retries", (2 + (i % 2)).ToString(CultureInfo.InvariantCulture));
    }

    private static async Task<Socket> ConnectAsync(int port)
    {
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        await PingAsync(client);
        return client;
    }

    private static async Task PingAsync(Socket client)
    {
        await client.SendAsync("ping"u8.ToArray(), TestContext.Current.CancellationToken);
        var buffer = new byte[4];
        for (var received = 0; received < buffer.Length;)
        {
            var more = await client.ReceiveAsync(buffer.AsMemory(received), TestContext.Current.CancellationToken);
            Assert.NotEqual(0, more);
            received += more;
        }

        Assert.Equal("ping"u8.ToArray(), buffer);
    }

    private async Task LoadAsync(int port)
    {
        while (!_isEnough)
        {
            try
            {
                using var client = await ConnectAsync(port);
                client.Shutdown(SocketShutdown.Send);
                Assert.Equal(0, await client.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken));
                Interlocked.Increment(ref _served);
            }
            catch (Exception error) when (error is SocketException or Xunit.Sdk.XunitException)
            {
                _failures.Enqueue(error.Message);
                return;
            }
        }
    }

    private sealed class Source(MemoryConfigurationProvider provider) : IConfigurationSource
    {
        public IConfigurationProvider Build(IConfigurationBuilder builder) => provider;
    }
}
