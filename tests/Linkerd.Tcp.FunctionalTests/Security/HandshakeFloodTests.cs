using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Clients that send half a ClientHello and then nothing: 2,000, or as many as LINKERD_TCP_FLOOD says.</summary>
[Collection(HeavyLoad.Name)]
[Trait("Category", "Heavy")]
public sealed class HandshakeFloodTests : IAsyncLifetime
{
    private const string Name = "web.example";
    private const int PerSecond = 1000;

    // Of each the median counts: the machine has other things to do.
    private const int Floods = 3;
    private const int Windows = 9;

    // Of 1,000 handshakes under way on each loop, which have a window each at most.
    private const long MostResident = 96 << 20;

    private static readonly int Clients = int.Parse(Environment.GetEnvironmentVariable("LINKERD_TCP_FLOOD") ?? "2000", CultureInfo.InvariantCulture);

    private readonly TlsFiles _files = new();
    private readonly TcpBackend _backend = new(EchoSmallAsync);
    private readonly ConcurrentBag<Socket> _flood = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        CloseFlood();
        await _backend.DisposeAsync();
        _files.Dispose();
    }

    [Fact]
    public async Task HalfHellos_Thousands_LeaveOthersAlone()
    {
        Require.Linux();
        Require.Descriptors(Clients + 500);
        var identity = _files.Write(Name);

        // One loop, so that the flood is more than what may be under way. The other proxy is not flooded: what it is slower by is the machine's.
        string[] loops = Environment.GetEnvironmentVariable("LINKERD_TCP_TRANSPORT") == "sockets" ? [] : ["--loops", "1"];
        string[] arguments = ["--tls-cert", identity.Certificate, "--tls-key", identity.Key, .. loops];
        await using var proxy = await Executable.StartAsync(_backend.Name, arguments);
        await using var other = await Executable.StartAsync(_backend.Name, arguments);
        var options = TlsSession.Trusting(_files.Root, Name);
        var hello = await RecordHelloAsync(options);
        using var roundTrips = new RoundTrips(proxy.EndPoint, options);
        using var otherRoundTrips = new RoundTrips(other.EndPoint, options);
        await CompareAsync(Task.CompletedTask);

        // Those that are measured stay; all else must go.
        await HandshakesAsync(proxy, options, 5);
        await Eventually.IsTrueAsync(() => _backend.Open == 2 * RoundTrips.Sessions, () => $"{_backend.Open} sessions are open");
        var (descriptors, resident) = (proxy.DescriptorCount, new ResidentMemory(proxy));
        var ratios = new List<double>();
        for (var i = 0; i < Floods; i++)
        {
            var before = await CompareAsync(Task.CompletedTask);
            var flooding = FloodAsync(proxy.EndPoint, hello.AsMemory(0, hello.Length / 2));
            var coming = CompareAsync(flooding);
            await flooding;
            var during = await coming;
            var most = proxy.DescriptorCount - descriptors;
            var handshakes = await HandshakesAsync(proxy, options, 50);
            var held = await CompareAsync(Task.CompletedTask);
            ratios.Add(Math.Max(during.First / Longer(before.First, during.Second), held.First / Longer(before.First, held.Second)));
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{Clients} half hellos, {most} held at their end; 99th percentile of round trips, and that of a proxy that is not flooded: {Text(before)} before, {Text(during)} while they come, "
                + $"{Text(held)} while they are held; 50 new handshakes took {handshakes.TotalMilliseconds:0} ms; {resident}");
            Assert.InRange(resident.Growth, long.MinValue, MostResident);
            CloseFlood();
            await Eventually.IsTrueAsync(() => proxy.DescriptorCount <= descriptors, () => $"{proxy.DescriptorCount} descriptors are open, {descriptors} were before");
        }

        ratios.Sort();
        Assert.True(ratios[Floods / 2] <= 2, $"the 99th percentiles are {string.Join(", ", ratios.Select(ratio => ratio.ToString("0.00", CultureInfo.InvariantCulture)))} times as long as without a flood");

        Task<(TimeSpan First, TimeSpan Second)> CompareAsync(Task until) => RoundTrips.CompareAsync(roundTrips, otherRoundTrips, until, Windows);
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static string Text((TimeSpan First, TimeSpan Second) times) => $"{times.First.TotalMicroseconds:0} us (other: {times.Second.TotalMicroseconds:0})";

    // What SslStream sends first.
    private static async Task<byte[]> RecordHelloAsync(SslClientAuthenticationOptions options)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        using var server = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        await using var stream = new SslStream(client.GetStream());
        var handshake = stream.AuthenticateAsClientAsync(options, TestContext.Current.CancellationToken);
        var bytes = new byte[4096];
        var length = await server.ReceiveAsync(bytes, TestContext.Current.CancellationToken);
        server.Dispose();
        await Assert.ThrowsAnyAsync<IOException>(() => handshake);
        return bytes[..length];
    }

    private static async Task<TimeSpan> HandshakesAsync(ProxyProcess proxy, SslClientAuthenticationOptions options, int count)
    {
        var begun = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            using var session = await TlsSession.ConnectAsync(proxy.EndPoint, options);
            await session.EchoAsync([1]);
        }

        return Stopwatch.GetElapsedTime(begun);
    }

    private static async Task EchoSmallAsync(Socket socket)
    {
        var buffer = new byte[256];
        while (await socket.ReceiveAsync(buffer) is var count and > 0)
        {
            await socket.SendAllAsync(buffer.AsMemory(0, count));
        }
    }

    // At a pace that a machine of two cores has time for beside what is measured.
    private async Task FloodAsync(IPEndPoint proxy, ReadOnlyMemory<byte> bytes)
    {
        var begun = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (_flood.Count < Clients)
        {
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            var due = Math.Min(Clients, (int)(Stopwatch.GetElapsedTime(begun).TotalSeconds * PerSecond));
            while (_flood.Count < due)
            {
                var client = await ClientSocket.ConnectAsync(proxy);
                _flood.Add(client);
                await client.SendAsync(bytes);
            }
        }
    }

    private void CloseFlood()
    {
        while (_flood.TryTake(out var client))
        {
            client.Dispose();
        }
    }
}
