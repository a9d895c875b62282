using System.Text.Json;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Which records there are.</summary>
[Trait("Category", "AnyTransport")]
public sealed class AccessLogChoiceTests
{
    [Fact]
    public async Task OnlyAbnormal_NormalEnds_AreLeftOut()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await LoggedProxy.StartAsync(backend.Name, log => (log.OnlyAbnormal, log.Format) = (true, AccessLogFormat.Json));
        for (var i = 0; i < 10; i++)
        {
            using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
            await client.EchoAsync("hello");
            if (i % 5 == 4)
            {
                client.Reset();
            }
        }

        Assert.All(await proxy.LinesAsync(2), static line => Assert.Contains("\"reason\":\"CD\"", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Refused_ClientOverTheRate_HasARecordIfAsked(bool isAsked)
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await LoggedProxy.StartAsync(
            backend.Name, log => (log.Refused, log.Format) = (isAsked, AccessLogFormat.Json), server => (server.AcceptRate, server.AcceptBurst) = (0.001, 1));
        using (var client = await ClientSocket.ConnectAsync(proxy.EndPoint))
        {
            await client.EchoAsync("hello");
        }

        await proxy.LinesAsync(1);
        await ClientSocket.IsTurnedAwayAsync(proxy.EndPoint);
        var lines = await (isAsked ? proxy.LinesAsync(2) : proxy.StopAsync());
        Assert.Equal(isAsked ? 2 : 1, lines.Length);
        Assert.Equal(isAsked, lines[^1].Contains("\"reason\":\"PA:accept_rate\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Sample_Half_WritesAllRecordsOfAboutHalfOfTheSessions()
    {
        const int Sessions = 400;
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await LoggedProxy.StartAsync(backend.Name, log => (log.Sample, log.OnStart, log.Format) = (0.5, true, AccessLogFormat.Json));
        for (var i = 0; i < Sessions; i++)
        {
            using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
            await client.EchoAsync("hello");
        }

        await Eventually.IsTrueAsync(() => proxy.Host.ActiveSessions == 0, () => "sessions go on");
        var events = (await proxy.StopAsync()).Select(static line => JsonDocument.Parse(line).RootElement).GroupBy(static json => json.GetProperty("id").GetInt64(), static json => json.GetProperty("event").GetString()!).ToList();

        // Six standard deviations.
        Assert.InRange(events.Count, (Sessions / 2) - 60, (Sessions / 2) + 60);
        Assert.All(events, static session => Assert.Equal(["start", "end"], session));
    }

    [Fact]
    public async Task OnStartAndInterval_LongSession_HasRecordsInItsOrder()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await LoggedProxy.StartAsync(backend.Name, log => (log.OnStart, log.Interval, log.Format) = (true, TimeSpan.FromSeconds(1), AccessLogFormat.Json));
        using (var client = await ClientSocket.ConnectAsync(proxy.EndPoint))
        {
            await client.EchoAsync("hello");
            using (var brief = await ClientSocket.ConnectAsync(proxy.EndPoint))
            {
                await brief.EchoAsync("hello, hello");
            }

            await Eventually.IsTrueAsync(() => File.ReadLines(proxy.File).Count(static line => line.Contains("\"event\":\"progress\"", StringComparison.Ordinal)) >= 2, () => File.ReadAllText(proxy.File));
        }

        await Eventually.IsTrueAsync(() => proxy.Host.ActiveSessions == 0, () => "sessions go on");
        var records = (await proxy.StopAsync()).Select(static line => JsonDocument.Parse(line).RootElement).ToList();
        var sessions = records.GroupBy(static json => json.GetProperty("id").GetInt64()).OrderBy(static session => session.Key).ToList();
        Assert.Equal(2, sessions.Count);
        var events = sessions[0].Select(static json => json.GetProperty("event").GetString()!).ToList();
        Assert.Equal(("start", "end"), (events[0], events[^1]));
        Assert.InRange(events.Count, 4, 1000);
        Assert.All(events[1..^1], static word => Assert.Equal("progress", word));
        Assert.Equal((0, 5), (sessions[0].First().GetProperty("bytesToClient").GetInt64(), sessions[0].Skip(1).First().GetProperty("bytesToClient").GetInt64()));
        Assert.All(sessions[0].Skip(1).SkipLast(1), static json => Assert.InRange(json.GetProperty("totalMs").GetDouble(), 1000, double.MaxValue));
    }
}
