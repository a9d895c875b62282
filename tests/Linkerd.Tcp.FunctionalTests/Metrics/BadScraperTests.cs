using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests.Metrics;

/// <summary>Scrapers that misbehave, beside a good one and a load: the load does not notice, the good one has its answers, and memory and descriptors are bounded.</summary>
[Collection(HeavyLoad.Name)]
[Trait("Category", "Heavy")]
[Trait("Category", "AnyTransport")]
public sealed class BadScraperTests : IAsyncLifetime
{
    // Answers of 4 MB.
    private const int Endpoints = 3000;

    // Two answers, whose arrays double while they grow, 32 KiB for each of 128 connections, and what the collector leaves between its runs.
    private const long MaxGrowth = 64 << 20;

    private const int MaxConnections = 128;

    private static readonly byte[] Request = Encoding.ASCII.GetBytes("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");

    // Each address of 127.0.0.0/8 leads to it.
    private readonly TcpBackend _backend = new(Serve.EchoAsync, IPAddress.Any);
    private readonly List<Socket> _scrapers = [];
    private readonly CancellationTokenSource _stop = new();
    private MeasuredProxy _proxy = null!;

    public enum Kind
    {
        NeverSends,
        NeverReads,
        ReadsAByteASecond,
        All,
    }

    public async ValueTask InitializeAsync()
    {
        Require.Linux();
        _proxy = await MeasuredProxy.StartAsync(Enumerable.Range(0, Endpoints).Select(i => $"127.1.{i / 250}.{(i % 250) + 1}:{_backend.EndPoint.Port}"));
    }

    public async ValueTask DisposeAsync()
    {
        CloseScrapers();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }

        await _backend.DisposeAsync();
        _stop.Dispose();
    }

    [Theory]
    [InlineData(Kind.NeverSends, 20)]
    [InlineData(Kind.NeverReads, 20)]
    [InlineData(Kind.ReadsAByteASecond, 20)]
    [InlineData(Kind.All, 1000)]
    public async Task Scrapers_OfAKind_HarmNobody(Kind kind, int count)
    {
        Require.Descriptors(count + 500);
        await using var load = new RoundTripLoad(_proxy.EndPoint);
        var size = (await _proxy.ReadAsync()).Length;
        for (var i = 0; i < 10; i++)
        {
            await _proxy.ReadAsync();
        }

        await load.TakeAsync();
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        var before = await load.TakeAsync();
        var (resident, descriptors) = (_proxy.Process.ResidentBytes, _proxy.Process.DescriptorCount);

        var begin = TimeProvider.System.GetTimestamp();
        var bad = Enumerable.Range(0, count).Select(i => RunAsync(kind == Kind.All ? (Kind)(i % 4) : kind, i)).ToList();
        var (mostMemory, mostDescriptors, longest, scrapes, failed) = (0L, 0, TimeSpan.Zero, 0, 0);
        while (TimeProvider.System.GetElapsedTime(begin) < TimeSpan.FromSeconds(5))
        {
            var asked = TimeProvider.System.GetTimestamp();
            try
            {
                Assert.Contains("linkerd_tcp_sessions_active{", await _proxy.ReadAsync().InTimeAsync(), StringComparison.Ordinal);
                scrapes++;
            }
            catch (HttpRequestException) when (kind == Kind.All)
            {
                // They have all connections.
                failed++;
                await Task.Delay(100, TestContext.Current.CancellationToken);
            }

            longest = Max(longest, TimeProvider.System.GetElapsedTime(asked));
            mostMemory = Math.Max(mostMemory, _proxy.Process.ResidentBytes - resident);
            mostDescriptors = Math.Max(mostDescriptors, _proxy.Process.DescriptorCount - descriptors);
        }

        var during = await load.TakeAsync();
        await _stop.CancelAsync();
        CloseScrapers();
        await Task.WhenAll(bad);

        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{kind}: {size >> 10} KiB, p99 {At(before, 0.99)} ms ({before.Count}) before, {At(during, 0.99)} ms ({during.Count}) with them, {scrapes} scrapes and {failed} without a connection, at most {longest.TotalMilliseconds:0} ms, {mostMemory >> 10} KiB more, {mostDescriptors} descriptors more"));
        Assert.True(size > Endpoints * 900, $"{size} bytes");
        Assert.True(scrapes > 0 || kind == Kind.All);
        Assert.True(longest < TimeSpan.FromSeconds(10), $"a scrape took {longest}");
        Assert.True(mostMemory < MaxGrowth, $"{mostMemory >> 10} KiB");
        Assert.True(mostDescriptors < MaxConnections + 50, $"{mostDescriptors} descriptors");
        Assert.True(At(during, 0.99) < At(before, 0.99) + 100, $"p99 was {At(before, 0.99)} ms, then {At(during, 0.99)} ms");
        await Eventually.IsTrueAsync(() => _proxy.Process.DescriptorCount <= descriptors + 5, () => $"{_proxy.Process.DescriptorCount} descriptors, {descriptors} before");
        await Eventually.IsTrueAsync(async () => (await _proxy.Client.GetAsync("/metrics", TestContext.Current.CancellationToken)).StatusCode == HttpStatusCode.OK, static () => "no answer afterwards");
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static double At(IReadOnlyList<TimeSpan> times, double share) => times[(int)(times.Count * share)].TotalMilliseconds;

    private void CloseScrapers()
    {
        lock (_scrapers)
        {
            _scrapers.ForEach(static socket => socket.Dispose());
            _scrapers.Clear();
        }
    }

    /// <summary>Misbehaves until the end, or until it is cut. Connects again then.</summary>
    private async Task RunAsync(Kind kind, int index)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                // Not all at the same moment, which would let them share one answer.
                await Task.Delay(TimeSpan.FromMilliseconds(index % 20 * 50), _stop.Token);
                var socket = await SocketExtensions.ConnectAsync(_proxy.Admin, _stop.Token, receiveBuffer: 4096);
                lock (_scrapers)
                {
                    _scrapers.Add(socket);
                }

                if (kind != Kind.NeverSends)
                {
                    await socket.SendAsync(Request);
                }

                var buffer = new byte[kind == Kind.All ? 4096 : 1];
                do
                {
                    await Task.Delay(kind switch { Kind.ReadsAByteASecond => 1000, Kind.All => 1, _ => Timeout.Infinite }, _stop.Token);
                }
                while (await socket.ReceiveAsync(buffer) > 0);
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException or TimeoutException)
            {
                continue;
            }
        }
    }
}
