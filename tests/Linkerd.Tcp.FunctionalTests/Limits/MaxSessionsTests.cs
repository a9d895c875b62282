using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>At the limit nobody is turned away: further clients wait.</summary>
public sealed class MaxSessionsTests
{
    [Fact]
    public async Task AtTheLimit_TheNextClient_WaitsUntilAnotherEnds()
    {
        await using var backend = new TcpBackend(Serve.GreetAndEcho("hi"));
        await using var proxy = await Executable.StartAsync(backend.Name, "--max-sessions", "2");
        using var first = await ClientSocket.ConnectAsync(proxy.EndPoint);
        using var second = await ClientSocket.ConnectAsync(proxy.EndPoint);
        Assert.Equal("hi", await first.ReceiveTextAsync(2).InTimeAsync());
        Assert.Equal("hi", await second.ReceiveTextAsync(2).InTimeAsync());

        using var third = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await third.SendTextAsync("early");
        var answer = third.ReceiveTextAsync("hiearly".Length);
        for (var i = 0; i < 200; i++)
        {
            await second.EchoAsync("the others go on");
        }

        Assert.False(answer.IsCompleted);
        Assert.Equal(2, backend.Accepted);
        first.Dispose();
        Assert.Equal("hiearly", await answer.InTimeAsync());
    }

    [Fact]
    public async Task MoreThanDescriptorsAllow_AtStart_IsAWarning()
    {
        await using var proxy = await Executable.StartAsync("/$/nil", "--max-sessions", "100000000");
        Assert.Contains("WARN  Linkerd.Tcp] --max-sessions 100000000 is more than the limit of", proxy.Error.Text, StringComparison.Ordinal);
    }
}
