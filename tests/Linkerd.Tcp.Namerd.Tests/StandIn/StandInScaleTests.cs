using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>The stand-in must not be what a test of many names, large sets or bursts measures.</summary>
public sealed class StandInScaleTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Watches_TwoForEachOfAThousandNames_OnlyThoseOfAChangedNameLook()
    {
        const int Names = 1000;
        await using var namerd = await NamerdStandIn.StartAsync();
        for (var i = 0; i < Names; i++)
        {
            namerd.SetFile($"name{i}", Ports(10));
        }

        namerd.SetDtab("default", "/svc => /#/io.l5d.fs");
        var clock = Stopwatch.StartNew();
        var watches = new List<Watch>();
        for (var i = 0; i < Names; i++)
        {
            watches.Add(await Watch.OpenAsync(namerd, $"/api/1/bind/default?watch=true&path=/svc/name{i}"));
            watches.Add(await Watch.OpenAsync(namerd, $"/api/1/addr/default?watch=true&path=/%23/io.l5d.fs/name{i}"));
        }

        await namerd.WaitForEventsAsync(2 * Names, Cancellation);
        var opened = clock.Elapsed;

        clock.Restart();
        for (var i = 0; i < 1000; i++)
        {
            namerd.SetFile("name7", Ports(10 + (i % 2) + 1));
        }

        var told = clock.Elapsed;
        await namerd.WaitForEventsAsync((2 * Names) + 1000, Cancellation);
        var burst = clock.Elapsed;
        Assert.Equal((2 * Names) + 1000, namerd.EventCount);

        clock.Restart();
        namerd.SetDtab("default", "/svc => /#/io.l5d.fs ; /svc/name8 => /#/io.l5d.fs/name9");
        await namerd.WaitForEventsAsync((2 * Names) + 1001, Cancellation);
        TestContext.Current.SendDiagnosticMessage($"2,000 watches: {opened.TotalMilliseconds:0} ms; 1,000 updates of one: set in {told.TotalMilliseconds:0} ms, sent in {burst.TotalMilliseconds:0} ms; a dtab that concerns all: {clock.Elapsed.TotalMilliseconds:0} ms");
        watches.ForEach(watch => watch.Dispose());
        await namerd.WaitForWatchesAsync(0, Cancellation);
    }

    [Fact]
    public async Task Set_FiftyThousandAddresses_IsSentOnceForEachChange()
    {
        const int Addresses = 50_000;
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.SetFile("large", Ports(Addresses));
        var clock = Stopwatch.StartNew();
        using var watch = await Watch.OpenAsync(namerd, "/api/1/addr/default?watch=true&path=/%23/io.l5d.fs/large");
        var length = await watch.ReadChunkAsync();
        var first = clock.Elapsed;

        clock.Restart();
        namerd.SetFile("large", Ports(Addresses - 1));
        Assert.True(await watch.ReadChunkAsync() < length);
        TestContext.Current.SendDiagnosticMessage($"50,000 addresses, {length} bytes: first {first.TotalMilliseconds:0} ms, after a change {clock.Elapsed.TotalMilliseconds:0} ms");
        namerd.SetFile("other", "127.0.0.1 1\n");
        Assert.Equal(2, namerd.EventCount);
    }

    private static string Ports(int count) => string.Concat(Enumerable.Range(1, count).Select(port => $"10.{port / 10_000}.0.1 {(port % 10_000) + 1}\n"));

    private sealed class Watch : IDisposable
    {
        private readonly TcpClient _client = new();
        private StreamReader? _reader;

        public static async Task<Watch> OpenAsync(NamerdStandIn namerd, string target)
        {
            var watch = new Watch();
            await watch._client.ConnectAsync(namerd.EndPoint, Cancellation);
            await watch._client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\n\r\n"), Cancellation);
            watch._reader = new StreamReader(watch._client.GetStream(), Encoding.Latin1);
            return watch;
        }

        /// <summary>The length of the document of the next chunk.</summary>
        public async Task<int> ReadChunkAsync()
        {
            while (await _reader!.ReadLineAsync(Cancellation) is { } line)
            {
                if (line.StartsWith('{'))
                {
                    return line.Length;
                }
            }

            return 0;
        }

        public void Dispose() => _client.Dispose();
    }
}
