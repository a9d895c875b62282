using System.Net;
using Linkerd.Tcp.TestUtilities.Resolving;

namespace Linkerd.Tcp.Dns.Tests;

/// <summary>What is believed of what comes over the network.</summary>
public sealed class DnsExchangeTests
{
    private const string Name = "web.example";
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task QueryAsync_Answer_IsItsAddresses()
    {
        using var server = new FakeNameServer(query => [query.Answer(DnsQuery.Address(Name, "10.0.0.1", 7), DnsQuery.Address(Name, "10.0.0.2", 5))]);

        var reply = await AskAsync(server);

        Assert.Equal((DnsStatus.Found, "10.0.0.1,10.0.0.2", TimeSpan.FromSeconds(5)), (reply.Status, Print(reply), reply.Ttl));
    }

    [Fact]
    public async Task QueryAsync_AnswerFromAnotherPort_IsIgnored()
    {
        using var server = new FakeNameServer(query => [new DnsDatagram(query.Answer(DnsQuery.Address(Name, "10.6.6.6")), IsFromElsewhere: true), query.Answer(DnsQuery.Address(Name, "10.0.0.1"))]);

        Assert.Equal("10.0.0.1", Print(await AskAsync(server)));
    }

    [Theory]
    [InlineData("id")]
    [InlineData("name")]
    [InlineData("type")]
    [InlineData("question")]
    [InlineData("opcode")]
    [InlineData("empty")]
    [InlineData("header")]
    [InlineData("loop")]
    [InlineData("no question")]
    public async Task QueryAsync_DatagramThatIsNoAnswer_IsIgnoredAndTheAnswerTaken(string kind)
    {
        using var server = new FakeNameServer(query =>
        {
            byte[][] wrong = [DnsQuery.Address(Name, "10.6.6.6")];
            var bytes = kind switch
            {
                "id" => query.Reply(wrong, idOffset: 1),
                "name" => query.Reply(wrong, name: "web.other"),
                "type" => query.Reply(wrong, type: 16),
                "question" => query.Reply(wrong, flags: 0x0100),
                "opcode" => query.Reply(wrong, flags: 0x8980),
                "empty" => [],
                "header" => query.Reply(wrong)[..12],
                "loop" => [.. query.Reply()[..12], 0xC0, 12, 0, 1, 0, 1],
                _ => [.. query.Reply()[..4], 0, 0, 0, 1, 0, 0, 0, 0, .. wrong[0]],
            };
            return [bytes, bytes, query.Answer(DnsQuery.Address(Name, "10.0.0.1"))];
        });

        Assert.Equal("10.0.0.1", Print(await AskAsync(server)));
    }

    [Fact]
    public async Task QueryAsync_RecordsOfOtherOwners_AreDropped()
    {
        using var server = new FakeNameServer(query => [query.Answer(DnsQuery.Address("bank.example", "10.6.6.6"), DnsQuery.Address("WEB.example", "10.0.0.1"), DnsQuery.Address("web", "10.6.6.6"))]);

        Assert.Equal("10.0.0.1", Print(await AskAsync(server)));
    }

    [Fact]
    public async Task QueryAsync_DotWithinALabel_IsAnotherOwner()
    {
        using var server = new FakeNameServer(query => [query.Answer(DnsQuery.Record([11, .. "web.example"u8, 0], 1, 60, [10, 6, 6, 6]))]);

        Assert.Equal(DnsStatus.Negative, (await AskAsync(server)).Status);
    }

    [Fact]
    public async Task QueryAsync_OnlyAnotherOwnersRecord_IsNegative()
    {
        using var server = new FakeNameServer(query => [query.Answer(DnsQuery.Address("bank.example", "10.6.6.6"))]);

        Assert.Equal(DnsStatus.Negative, (await AskAsync(server)).Status);
    }

    [Fact]
    public async Task QueryAsync_Aliases_AreFollowedInAnyOrderAndHaveTheirTime()
    {
        using var server = new FakeNameServer(query => [query.Answer(
            DnsQuery.Address("c.example", "10.0.0.1", 50), DnsQuery.Alias("b.example", "C.example", 3), DnsQuery.Alias("elsewhere.example", "d.example"),
            DnsQuery.Address("d.example", "10.6.6.6"), DnsQuery.Alias(Name, "b.example", 40))]);

        var reply = await AskAsync(server);

        Assert.Equal(("10.0.0.1", TimeSpan.FromSeconds(3)), (Print(reply), reply.Ttl));
    }

    [Fact]
    public async Task QueryAsync_AliasesInACircle_AreNegative()
    {
        using var server = new FakeNameServer(query => [query.Answer(DnsQuery.Alias(Name, "b.example"), DnsQuery.Alias("b.example", Name))]);

        Assert.Equal(DnsStatus.Negative, (await AskAsync(server)).Status);
    }

    [Fact]
    public async Task QueryAsync_CompressedNames_AreRead()
    {
        // The owner is the name of the question, at byte 12.
        using var server = new FakeNameServer(query => [query.Answer(
            DnsQuery.Record([0xC0, 12], 5, 60, [1, (byte)'b', 0xC0, 16]), DnsQuery.Record(DnsQuery.NameOf("b.example"), 1, 60, [10, 0, 0, 1]))]);

        Assert.Equal("10.0.0.1", Print(await AskAsync(server)));
    }

    [Theory]
    [InlineData("pointer to itself")]
    [InlineData("pointer forward")]
    [InlineData("reserved label")]
    [InlineData("short address")]
    [InlineData("cut off")]
    [InlineData("name beyond its data")]
    public async Task QueryAsync_AnswerIsMalformed_IsTheServersFault(string kind)
    {
        using var server = new FakeNameServer(query =>
        {
            var at = (byte)query.Reply().Length;
            byte[] record = kind switch
            {
                "pointer to itself" => DnsQuery.Record([0xC0, at], 1, 60, [10, 0, 0, 1]),
                "pointer forward" => DnsQuery.Record([0xC0, (byte)(at + 2)], 1, 60, [10, 0, 0, 1]),
                "reserved label" => DnsQuery.Record([0x41, 0], 1, 60, [10, 0, 0, 1]),
                "short address" => DnsQuery.Record([0xC0, 12], 1, 60, [10, 0, 0]),
                "cut off" => DnsQuery.Record([0xC0, 12], 1, 60, [10, 0, 0, 1])[..^1],
                _ => [.. DnsQuery.Record([0xC0, 12], 5, 60, [1]), (byte)'x', 0],
            };
            return [query.Answer(record)];
        });

        var reply = await AskAsync(server);

        Assert.Equal((DnsStatus.ServerFailed, "name server 127.0.0.1 sent an answer that cannot be read"), (reply.Status, reply.Error));
    }

    [Theory]
    [InlineData(0, 60, 3600, 60)]
    [InlineData(0, 3600, 60, 60)]
    [InlineData(3, 60, 60, 60)]
    public async Task QueryAsync_NoSuchNameOrRecord_IsNegativeForItsTime(int code, int ttl, int minimum, int expected)
    {
        using var server = new FakeNameServer(query => [query.Reply(authorities: [DnsQuery.Authority("other", 1, 1), DnsQuery.Authority("example", ttl, minimum)], code: code)]);

        var reply = await AskAsync(server);

        Assert.Equal((DnsStatus.Negative, TimeSpan.FromSeconds(expected)), (reply.Status, reply.Ttl));
    }

    [Theory]
    [InlineData(2, "ServerFailed", "name server 127.0.0.1 answered ServerFailure")]
    [InlineData(5, "Refused", "name server 127.0.0.1 answered Refused")]
    [InlineData(9, "ServerFailed", "name server 127.0.0.1 answered with code 9")]
    public async Task QueryAsync_Error_IsThat(int code, string status, string error)
    {
        using var server = new FakeNameServer(query => [query.Reply(code: code)]);

        var reply = await AskAsync(server);

        Assert.Equal((status, error), (reply.Status.ToString(), reply.Error));
    }

    [Fact]
    public async Task QueryAsync_ServerThatOnlyRefers_IsAtFault()
    {
        using var server = new FakeNameServer(query => [query.Reply(flags: 0x8100)]);

        Assert.Equal(DnsStatus.ServerFailed, (await AskAsync(server)).Status);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task QueryAsync_ServerKnowsNoExtension_IsAskedWithout(int code)
    {
        using var server = new FakeNameServer(query => [query.HasExtension ? query.Reply(code: code)[..12] is var header ? [.. header[..4], .. new byte[8]] : [] : query.Answer(DnsQuery.Address(Name, "10.0.0.1"))]);

        Assert.Equal("10.0.0.1", Print(await AskAsync(server)));
        Assert.Equal([true, false], server.Questions.Select(query => query.HasExtension));
    }

    [Fact]
    public async Task QueryAsync_Truncated_IsAskedOverTcp()
    {
        using var server = new FakeNameServer(
            query => [query.Reply([DnsQuery.Address(Name, "10.0.0.1")], flags: 0x8380)],
            query => query.Answer([.. Enumerable.Range(1, 250).Select(i => DnsQuery.Address(Name, $"10.0.0.{i}"))]));

        Assert.Equal(250, (await AskAsync(server)).Answers.Count);
    }

    [Fact]
    public async Task QueryAsync_TcpAnswersAnotherQuestion_IsTheServersFault()
    {
        using var server = new FakeNameServer(query => [query.Reply(flags: 0x8380)], query => query.Reply([DnsQuery.Address(Name, "10.6.6.6")], name: "web.other"));

        Assert.Equal(DnsStatus.ServerFailed, (await AskAsync(server)).Status);
    }

    [Fact]
    public async Task QueryAsync_TcpRefused_IsUnansweredAtOnce()
    {
        using var server = new FakeNameServer(query => [query.Reply(flags: 0x8380)]);

        var reply = await AskAsync(server);

        Assert.Equal(DnsStatus.Unanswered, reply.Status);
        Assert.Contains("refused", reply.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task QueryAsync_NobodyListens_IsLeftForTheNextServerAtOnce()
    {
        using var server = new FakeNameServer(query => [query.Answer(DnsQuery.Address(Name, "10.0.0.1"))]);

        Assert.Equal("10.0.0.1", Print(await AskAsync(Client(), DnsRecordKind.A, FakeNameServer.Closed(), server.EndPoint)));
    }

    [Fact]
    public async Task QueryAsync_Silent_IsUnansweredAfterTheTimeouts()
    {
        using var server = new FakeNameServer(_ => []);

        var reply = await Client().QueryAsync(new DnsServers([server.EndPoint], TimeSpan.FromMilliseconds(20), Attempts: 3), Name, DnsRecordKind.A, Cancelled);

        Assert.Equal((DnsStatus.Unanswered, "name server 127.0.0.1: no answer within 0.02 s"), (reply.Status, reply.Error));
        await WaitForAsync(() => server.Questions.Count == 3);
    }

    [Fact]
    public async Task QueryAsync_Cancelled_EndsAtOnce()
    {
        using var cancel = new CancellationTokenSource();
        using var server = new FakeNameServer(_ =>
        {
            cancel.Cancel();
            return [];
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Client().QueryAsync(new DnsServers([server.EndPoint], Long), Name, DnsRecordKind.A, cancel.Token).WaitAsync(ResolverWatch.Patience, Cancelled));
    }

    [Fact]
    public async Task QueryAsync_ManyQuestions_HaveIdsAndPortsThatDiffer()
    {
        using var server = new FakeNameServer(query => [query.Answer(DnsQuery.Address(Name, "10.0.0.1"))]);
        var client = Client();
        for (var i = 0; i < 50; i++)
        {
            await AskAsync(client, DnsRecordKind.A, server.EndPoint);
        }

        // 50 of 65,536 meet once in 54 times, twice in 6,000.
        Assert.InRange(server.Questions.Select(query => query.Id).Distinct().Count(), 48, 50);
        Assert.InRange(server.Ports.Distinct().Count(), 40, 50);
    }

    [Fact]
    public async Task QueryAsync_Services_HaveWhatTheServerAdded()
    {
        using var server = new FakeNameServer(query => [query.Reply(
            [DnsQuery.Service("_http._tcp.example", 10, 3, 80, "a.example"), DnsQuery.Service("_other._tcp.example", 10, 3, 80, "b.example")],
            additional: [DnsQuery.Address("a.example", "10.0.0.1"), DnsQuery.Address("a.example", "2001:db8::1"), DnsQuery.Record([0], 41, 0, [])])]);

        var reply = await Client().QueryAsync(new DnsServers([server.EndPoint], Long), "_http._tcp.example", DnsRecordKind.Srv, Cancelled);

        Assert.Equal([new DnsService(10, 3, 80, "a.example")], reply.Answers.Select(record => record.Service));
        Assert.Equal("10.0.0.1,2001:db8::1", string.Join(',', reply.Additional.Select(record => record.Address)));
    }

    [Theory]
    [InlineData("a..b")]
    [InlineData("label-of-64-characters-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.b")]
    [InlineData("\u00fc.example")]
    [InlineData("a\\b")]
    public async Task QueryAsync_NameThatCannotBeAskedFor_IsNegativeWithoutAQuestion(string name)
    {
        using var server = new FakeNameServer(_ => []);

        Assert.Equal(DnsStatus.Negative, (await Client().QueryAsync(new DnsServers([server.EndPoint], Long), name, DnsRecordKind.A, Cancelled)).Status);
        Assert.Empty(server.Questions);
    }

    private static DnsServerClient Client() => DnsServerClient.For(TimeProvider.System);

    private static string Print(DnsReply reply) => reply.Error ?? string.Join(',', reply.Answers.Select(record => record.Address));

    private static Task<DnsReply> AskAsync(FakeNameServer server) => AskAsync(Client(), DnsRecordKind.A, server.EndPoint);

    private static Task<DnsReply> AskAsync(DnsServerClient client, DnsRecordKind kind, params IPEndPoint[] servers) =>
        client.QueryAsync(new DnsServers(servers, Long), Name, kind, Cancelled).WaitAsync(Long / 2, Cancelled);

    private static async Task WaitForAsync(Func<bool> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!condition())
        {
            await timer.WaitForNextTickAsync(Cancelled);
        }
    }
}
