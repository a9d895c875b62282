using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;

namespace Linkerd.Tcp.Dns.Tests;

/// <summary>Which name servers are asked, in which order, and how often.</summary>
public sealed class DnsServerClientTests
{
    private const string Name = "web.example";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);
    private static readonly IPEndPoint[] Servers = [.. Enumerable.Range(1, 3).Select(i => new IPEndPoint(IPAddress.Parse($"10.0.0.{i}"), 53))];

    private readonly FakeTimeProvider _time = new();
    private readonly FakeExchange _exchange = new();
    private readonly DnsServerClient _client;

    public DnsServerClientTests()
    {
        _client = new DnsServerClient(_exchange, _time);
    }

    [Fact]
    public async Task QueryAsync_FirstServerAnswers_NoOtherIsAsked()
    {
        Assert.Equal(DnsStatus.Found, (await AskAsync()).Status);
        Assert.Equal("1", _exchange.Take());

        _exchange.Set(1, DnsReply.Negative(null));
        Assert.Equal(DnsStatus.Negative, (await AskAsync()).Status);
        Assert.Equal("1", _exchange.Take());
    }

    [Fact]
    public async Task QueryAsync_SilentServer_IsAskedAfterTheOthersForAWhile()
    {
        _exchange.Set(1, new TimeoutException("no answer"));
        await AskAsync();
        Assert.Equal("1 2", _exchange.Take());
        _time.Advance(Pause - TimeSpan.FromMilliseconds(1));
        await AskAsync();
        Assert.Equal("2", _exchange.Take());

        // Then one question finds out, and no other beside it.
        _time.Advance(TimeSpan.FromMilliseconds(1));
        var answer = _exchange.Hangs(1);
        var asks = AskAsync();
        await AskAsync();
        Assert.Equal("1 2", _exchange.Take());
        answer.SetException(new TimeoutException("no answer"));
        await asks;
        Assert.Equal("2", _exchange.Take());

        _time.Advance(Pause);
        _exchange.Set(1, FakeExchange.Found);
        await AskAsync();
        await AskAsync();
        Assert.Equal("1 1", _exchange.Take());
    }

    [Fact]
    public async Task QueryAsync_NobodyListens_IsNotTriedAgainAndAskedLaterFromThenOn()
    {
        _exchange.Set(1, new SocketException((int)SocketError.ConnectionRefused));
        await AskAsync();
        await AskAsync();

        Assert.Equal("1 2 2", _exchange.Take());
    }

    [Fact]
    public async Task QueryAsync_ServersAnswerWithErrors_AreLeftForTheNextAndAskedFirstAgain()
    {
        _exchange.Set(1, DnsReply.Failed(DnsStatus.Refused, "refused"));
        _exchange.Set(2, DnsReply.Failed(DnsStatus.ServerFailed, "failed"));
        await AskAsync();
        await AskAsync();

        Assert.Equal("1 2 3 1 2 3", _exchange.Take());
    }

    [Fact]
    public async Task QueryAsync_AllSilent_IsUnansweredAfterAllAttempts()
    {
        foreach (var i in new[] { 1, 2, 3 })
        {
            _exchange.Set(i, new TimeoutException("no answer"));
        }

        var reply = await AskAsync(attempts: 3);

        Assert.Equal(DnsStatus.Unanswered, reply.Status);
        Assert.Equal("name server 10.0.0.1: no answer; name server 10.0.0.2: no answer; name server 10.0.0.3: no answer", reply.Error);
        Assert.Equal("1 2 3 1 2 3 1 2 3", _exchange.Take());
    }

    [Theory]
    [InlineData("Refused", "Refused", "Refused", "1 2 3")]
    [InlineData("Refused", "ServerFailed", "ServerFailed", "1 2 3")]
    [InlineData("Refused", "silent", "ServerFailed", "1 2 3 2")]
    public async Task QueryAsync_NoneHelps_OnlyTheSilentOnesAreAskedAgain(string first, string second, string expected, string asked)
    {
        _exchange.Set(1, DnsReply.Failed(Enum.Parse<DnsStatus>(first), first));
        _exchange.Set(3, DnsReply.Failed(Enum.Parse<DnsStatus>(first), first));
        if (second == "silent")
        {
            _exchange.Set(2, new TimeoutException(second));
        }
        else
        {
            _exchange.Set(2, DnsReply.Failed(Enum.Parse<DnsStatus>(second), second));
        }

        Assert.Equal(expected, (await AskAsync()).Status.ToString());
        Assert.Equal(asked, _exchange.Take());
    }

    [Fact]
    public async Task QueryAsync_Rotate_BeginsWithAnotherServerEachTime()
    {
        for (var i = 0; i < 4; i++)
        {
            await AskAsync(rotate: true);
        }

        Assert.Equal("1 2 3 1", _exchange.Take());

        _exchange.Set(2, new TimeoutException("no answer"));
        for (var i = 0; i < 4; i++)
        {
            await AskAsync(rotate: true);
        }

        // The turn of the second one falls to the third.
        Assert.Equal("2 3 3 1 3", _exchange.Take());
    }

    [Fact]
    public async Task QueryAsync_NoServers_IsUnanswered() =>
        Assert.Equal(DnsReply.Failed(DnsStatus.Unanswered, "there is no name server").Error, (await _client.QueryAsync(new DnsServers([], Pause), Name, DnsRecordKind.A, TestContext.Current.CancellationToken)).Error);

    private Task<DnsReply> AskAsync(int attempts = 2, bool rotate = false) =>
        _client.QueryAsync(new DnsServers(Servers, TimeSpan.FromSeconds(2), attempts, rotate), Name, DnsRecordKind.A, TestContext.Current.CancellationToken);

    private sealed class FakeExchange : IDnsExchange
    {
        private readonly ConcurrentDictionary<string, Func<Task<DnsReply>>> _answers = [];
        private readonly ConcurrentQueue<string> _asked = [];

        public static DnsReply Found { get; } = new(DnsStatus.Found, [], [], TimeSpan.FromSeconds(1));

        public void Set(int server, DnsReply reply) => _answers[$"10.0.0.{server}"] = () => Task.FromResult(reply);

        public void Set(int server, Exception error) => _answers[$"10.0.0.{server}"] = () => Task.FromException<DnsReply>(error);

        public TaskCompletionSource<DnsReply> Hangs(int server)
        {
            var source = new TaskCompletionSource<DnsReply>();
            _answers[$"10.0.0.{server}"] = () => source.Task;
            return source;
        }

        /// <summary>The last numbers of the addresses of those that were asked since the last call.</summary>
        public string Take()
        {
            var asked = string.Join(' ', _asked.Select(address => address.Split('.')[3]));
            _asked.Clear();
            return asked;
        }

        public Task<DnsReply> AskAsync(IPEndPoint server, string name, DnsRecordKind kind, TimeSpan timeout, CancellationToken cancellationToken)
        {
            _asked.Enqueue(server.Address.ToString());
            return _answers.TryGetValue(server.Address.ToString(), out var answer) ? answer() : Task.FromResult(Found);
        }
    }
}
