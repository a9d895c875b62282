using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Packages.Tests;

/// <summary>A program with package references alone that uses every package.</summary>
public sealed partial class NativeSampleTests
{
    [Fact]
    public async Task AllPackages_PublishedAsNativeAot_RunsWithoutWarnings()
    {
        Feed.Require();
        using var user = new UserFolder();
        var project = user.AddProject("all", await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Programs", "AllPackages.cs"), TestContext.Current.CancellationToken), Feed.Libraries);
        var printed = await DotnetCommand.RunAsync(user.Path, "publish", project, "-r", Machine, "-p:PublishAot=true", "-o", "published");
        Assert.DoesNotContain("warning", printed, StringComparison.OrdinalIgnoreCase);

        await using var process = await ChildProcess.RunAsync(Path.Combine(user.Path, "published", "all"), [], TestContext.Current.CancellationToken);
        Assert.Equal("", process.Error.Text);
        Assert.Equal("""
            Core: hello
            Naming: hello
            Dns: hello
            Namerd: namerd at http://127.0.0.1:1 refused the connection
            Namerd.Mesh: namerd at 127.0.0.1:1 refused the connection
            Hosting: hello, Healthy
            Hosting.Namerd: No connection to /svc/web: no endpoint to try for ? s, as the name is not resolved: namerd at http://127.0.0.1:1 refused the connection (close reason sQ).
            Testing: 0, 50, 50
            """, Seconds.Replace(process.Output.Text, "for ? s"));
        Assert.Equal(0, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
    }

    [GeneratedRegex(@"for [0-9.]+ s")]
    private static partial Regex Seconds { get; }

    private static string Machine => RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64";
}
