using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Namerd;

/// <summary>What polls do with connections, and that a proxy of the environment is not asked.</summary>
public sealed class PollConnectionTests
{
    [Fact]
    public async Task Polls_InQuickSuccession_ShareAConnection()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        await using var watcher = new Watcher(namerd.BaseAddress, NamerdMode.Poll);
        await watcher.NextIsAsync(1);

        for (var polls = 1; polls < 4; polls++)
        {
            await watcher.PassIntervalAsync();
            await namerd.WaitForRequestsAsync(2 * (polls + 1), TestContext.Current.CancellationToken);
        }

        await watcher.WaitForIntervalsAsync();
        Assert.InRange(namerd.ConnectionCount, 1, 2);
    }

    [Theory]
    [MemberData(nameof(Questions.Polled), MemberType = typeof(Questions))]
    public async Task Poll_ConnectionWasClosedWhileIdle_GoesUnnoticed(Asked asked)
    {
        await using var server = ScriptServer.Start(asked, async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(NamerdHttp.Answer(asked.Document(connection.Index + 1)));
        });
        await using var watcher = new Watcher(server.BaseAddress, asked, Watcher.Polling);
        await watcher.NextIsAsync(1);

        await watcher.PassIntervalAsync();

        await watcher.NextIsAsync(2);
        Assert.Empty(watcher.Rest());
    }

    [Fact]
    public async Task ProxyOfTheEnvironment_IsNotUsed()
    {
        await using var proxy = RawServer.Answering(NamerdHttp.Answer("", "404 Not Found", ""));
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.Set("/svc/web", NameState.Bound.Ports(1));
        string[] variables = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
        try
        {
            Array.ForEach(variables, variable => Environment.SetEnvironmentVariable(variable, proxy.BaseAddress.ToString()));
            foreach (var mode in new[] { NamerdMode.Bind, NamerdMode.Poll, NamerdMode.Resolve })
            {
                await using var watcher = new Watcher(namerd.BaseAddress, mode);
                await watcher.NextIsAsync(1);
            }
        }
        finally
        {
            Array.ForEach(variables, variable => Environment.SetEnvironmentVariable(variable, null));
        }

        Assert.Equal(0, proxy.ConnectionCount);
        Assert.All(namerd.Requests, request => Assert.StartsWith("GET /api/1/", request, StringComparison.Ordinal));
    }
}
