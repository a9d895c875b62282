using System.Globalization;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>What goes wrong at start: one clear line, no stack trace, exit code 1.</summary>
public sealed class StartFailureTests
{
    private const string UnprivilegedPorts = "/proc/sys/net/ipv4/ip_unprivileged_port_start";

    [Fact]
    public async Task AddressInUse_AtStart_IsOneLine()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await FailsAsync(Executable.RunAsync("-l", backend.EndPoint.ToString(), "/$/nil"), $"error: cannot listen on {backend.EndPoint}: the address is in use");
    }

    [Fact]
    public async Task OneOfSeveralAddressesInUse_AtStart_IsNamed()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await FailsAsync(
            Executable.RunAsync("-l", "127.0.0.1:0", "-l", backend.EndPoint.ToString(), "-l", "127.0.0.1:0", "/$/nil"),
            $"error: cannot listen on {backend.EndPoint}: the address is in use");
    }

    [Fact]
    public async Task AddressOfAnotherMachine_AtStart_IsOneLine() =>
        await FailsAsync(Executable.RunAsync("-l", "192.0.2.1:7575", "/$/nil"), "error: cannot listen on 192.0.2.1:7575: the address is not one of this machine's");

    [Fact]
    public async Task PermissionDenied_AtStart_IsOneLine()
    {
        Require.Linux();
        var firstFree = int.Parse(await File.ReadAllTextAsync(UnprivilegedPorts, TestContext.Current.CancellationToken), CultureInfo.InvariantCulture);
        Assert.SkipWhen(firstFree <= 81, $"anybody may listen on port 81 here ({UnprivilegedPorts} is {firstFree})");

        // Root may listen anywhere, unless the capability is taken away.
        string[] command = [Executable.FileName, "-l", "127.0.0.1:81", "/$/nil"];
        if (Environment.UserName == "root")
        {
            command = [Require.Program("setpriv"), "--bounding-set", "-net_bind_service", .. command];
        }

        await FailsAsync(
            ChildProcess.RunAsync(command[0], command[1..], TestContext.Current.CancellationToken),
            "error: cannot listen on 127.0.0.1:81: permission denied");
    }

    [Theory]
    [InlineData("/$/inet/127.0.0.1/http")]
    [InlineData("/$/inet/127.0.0.1/70000")]
    [InlineData("/$/unheard/of")]
    [InlineData("/$/nil & 2 * /$/inet/127.0.0.1/0x50")]
    public async Task NameThatCanNeverBind_AtStart_IsBadUsageThatSaysWhatWasExpected(string target)
    {
        await using var process = await Executable.RunAsync(target);
        Assert.Equal(64, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith($"error: <TARGET> '{target}': ", process.Error.Text, StringComparison.Ordinal);
        Assert.Contains("expected", process.Error.Lines[0], StringComparison.Ordinal);
    }

    private static async Task FailsAsync(Task<ChildProcess> running, string expected)
    {
        await using var process = await running;
        Assert.Equal(1, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith(expected, Assert.Single(process.Error.Lines, line => !line.Contains(" INFO ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Empty(process.Output.Text);
    }
}
