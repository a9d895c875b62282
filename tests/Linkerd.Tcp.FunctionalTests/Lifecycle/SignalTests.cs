using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Signals besides SIGTERM and SIGINT.</summary>
public sealed class SignalTests
{
    [Theory]
    [InlineData(1, "SIGHUP")]
    [InlineData(10, "SIGUSR1")]
    [InlineData(12, "SIGUSR2")]
    public async Task Signal_WithoutAMeaning_IsLoggedAndTheProxyServesOn(int number, string name)
    {
        Require.Linux();

        // Without a terminal, as under a service manager.
        await using var proxy = await ProxyProcess.StartAsync(
            Executable.FileName, "/$/nil", TestContext.Current.CancellationToken, through: [Require.Program("setsid")]);
        proxy.Send(new Signal(number));
        await proxy.Error.WaitForAsync(line => line.EndsWith($"{name} means nothing here, and is ignored; SIGTERM stops the proxy", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.True(ClientSocket.CanConnect(proxy.EndPoint));
        proxy.Send(Signal.Terminate);
        Assert.Equal(0, await proxy.WaitForExitAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Quit_Serving_DrainsAsTerminate()
    {
        Require.Linux();
        await using var proxy = await Executable.StartAsync("/$/nil");
        proxy.Send(Signal.Quit);
        Assert.Equal(0, await proxy.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.Contains(proxy.Error.Lines, line => line.Contains("stopping: 0 sessions", StringComparison.Ordinal));
    }
}
