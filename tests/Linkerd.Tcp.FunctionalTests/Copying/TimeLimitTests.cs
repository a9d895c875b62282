using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Limits that are off unless asked for.</summary>
public sealed class TimeLimitTests
{
    [Theory]
    [InlineData("--idle-timeout", "300ms")]
    [InlineData("--lifetime", "400ms")]
    public async Task Limit_Reached_EndsTheSessionWithItsOwnReason(string option, string limit)
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartWithDebugLogAsync(backend.Name, option, limit);
        using var client = await ClientSocket.ConnectAsync(proxy.EndPoint);
        await client.EchoAsync("hello");
        await client.IsResetAsync();
        var line = await proxy.Error.WaitForAsync(text => text.Contains(" ended ", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Matches(" ended [a-z]D ", line);
    }

    [Fact]
    public async Task SessionEnd_AtDebug_IsOneLineWithAddressesBytesDurationAndReason()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartWithDebugLogAsync(backend.Name);
        using (var client = await ClientSocket.ConnectAsync(proxy.EndPoint))
        {
            await client.EchoAsync("hello");
        }

        var line = await proxy.Error.WaitForAsync(text => text.Contains(" ended ", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Matches(
            @"^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z DEBUG Linkerd\.Tcp\.\w+\] 127\.0\.0\.1:\d+ to /\$/inet/127\.0\.0\.1/\d+ through 127\.0\.0\.1:\d+ ended -- after ",
            line);
        Assert.Contains("5 bytes from the client, 5 to the server, 5 from the server, 5 to the client", line, StringComparison.Ordinal);
    }
}
