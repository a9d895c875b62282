using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Packages.Tests;

/// <summary>The executable, installed as a .NET tool.</summary>
public sealed class ToolTests
{
    // The packages without native code are for other machines than this one: the second one is installed by its own name.
    [Theory]
    [InlineData("linkerd-tcp", true)]
    [InlineData("linkerd-tcp.any", false)]
    public async Task Install_FromFeed_SaysItsVersionAndProxies(string package, bool isNative)
    {
        Feed.Require();
        using var user = new UserFolder();
        await DotnetCommand.RunAsync(user.Path, "tool", "install", package, "--version", Feed.Version, "--tool-path", "tools");
        var tool = Path.Combine(user.Path, "tools", "linkerd-tcp");
        Assert.Equal(isNative, File.ResolveLinkTarget(tool, returnFinalTarget: true) is { } native && !File.Exists(Path.ChangeExtension(native.FullName, ".dll")));

        await using var version = await ChildProcess.RunAsync(tool, ["--version"], TestContext.Current.CancellationToken);
        Assert.Equal($"linkerd-tcp {Feed.Version}", version.Output.Text);

        await using var server = new TcpBackend(Serve.Say("hello"));
        await using var proxy = await ProxyProcess.StartAsync(tool, server.EndPoint.ToString(), TestContext.Current.CancellationToken);
        Assert.Equal("hello", await Client.ReadAsync(proxy.EndPoint));
        proxy.Send(Signal.Terminate);
        Assert.Equal(0, await proxy.WaitForExitAsync(TestContext.Current.CancellationToken));
    }
}
