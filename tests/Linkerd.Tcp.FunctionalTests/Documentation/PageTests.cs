using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reflection;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The pages whose commands are run as a reader would: in an empty folder, in order; they print what the pages show. <see cref="Page"/> and <see cref="PrintedLine"/> have the rules.</summary>
[Trait("Category", "AnyTransport")]
public sealed class PageTests
{
    private const string Gap = "...";
    private static readonly string Root = typeof(PageTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static data => data.Key == "RepositoryRoot").Value!;

    [Theory]
    [InlineData("production.md")]
    public async Task Page_EachCommand_PrintsWhatIsShown(string name)
    {
        Require.Linux();
        foreach (var program in (string[])["python3", "curl", "openssl"])
        {
            _ = Require.Program(program);
        }

        var page = Page.Read(name, await File.ReadAllTextAsync(Path.Combine(Root, "docs", name), TestContext.Current.CancellationToken));
        Assert.True(page.Steps.Count > 3, "the page has no commands");
        Assert.Equal("", string.Join('\n', await RunAsync(page)));
    }

    private static async Task<List<string>> RunAsync(Page page)
    {
        using var folder = new TemporaryFolder();
        using var bin = new TemporaryFolder();
        File.CreateSymbolicLink(bin.File("linkerd-tcp"), Executable.FileName);
        var environment = new Dictionary<string, string>
        {
            ["PATH"] = bin.Path + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH"),
            ["LINKERD_TCP"] = Root.TrimEnd('/'),
            ["LINKERD_TCP_LOG"] = "info",
            ["DOTNET_NOLOGO"] = "1",
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["MSBUILDDISABLENODEREUSE"] = "1",
            ["UseSharedCompilation"] = "false",
        };
        var terminals = new Dictionary<string, PageTerminal>();
        var faults = new List<string>();
        try
        {
            foreach (var step in page.Steps)
            {
                if (step is CommandStep command)
                {
                    if (!terminals.TryGetValue(command.Terminal, out var terminal))
                    {
                        terminals.Add(command.Terminal, terminal = new PageTerminal(folder.Path, environment));
                    }

                    if (await RunAsync(terminal, command) is { } fault)
                    {
                        faults.Add($"docs/{page.Name}:{step.Line}: $ {command.Text}\n{fault}");
                    }

                    await ListeningAsync(page, command);
                }
                else if (step is FileStep file)
                {
                    Directory.CreateDirectory(Path.GetDirectoryName(folder.File(file.Name))!);
                    await File.WriteAllTextAsync(folder.File(file.Name), file.Text, TestContext.Current.CancellationToken);
                }
            }
        }
        finally
        {
            foreach (var terminal in terminals.Values)
            {
                await terminal.DisposeAsync();
            }
        }

        return faults;
    }

    // What is not as shown; null if all is.
    private static async Task<string?> RunAsync(PageTerminal terminal, CommandStep command)
    {
        if (command.Text == CommandStep.Interrupt)
        {
            await terminal.InterruptAsync();
        }
        else if (command.Text.Length > 0)
        {
            await terminal.TypeAsync(command.Text);
        }

        var printed = command.MayRunOn ? await ReadAsync(terminal, command.Output!) : await terminal.ReadToEndAsync();
        return command.Output is null || AreAsShown([.. command.Output], [.. printed])
            ? null
            : $"printed:\n{string.Join('\n', printed)}\nshown:\n{string.Join('\n', command.Output)}\n";
    }

    // As many lines as the page shows, of a program that runs on.
    private static async Task<IReadOnlyList<string>> ReadAsync(PageTerminal terminal, IReadOnlyList<string> shown)
    {
        var printed = new List<string>();
        for (var i = 0; i < shown.Count && await terminal.ReadLineAsync() is { } line;)
        {
            printed.Add(line);
            i += shown[i] != Gap ? 1 : i + 1 < shown.Count && PrintedLine.IsAsShown(shown[i + 1], line) ? 2 : 0;
        }

        return printed;
    }

    // A gap is any number of lines.
    private static bool AreAsShown(ReadOnlySpan<string> shown, ReadOnlySpan<string> printed) =>
        shown.IsEmpty ? printed.IsEmpty
        : shown[0] == Gap ? AreAsShown(shown[1..], printed) || (!printed.IsEmpty && AreAsShown(shown, printed[1..]))
        : !printed.IsEmpty && PrintedLine.IsAsShown(shown[0], printed[0]) && AreAsShown(shown[1..], printed[1..]);

    // A reader is slower than the programs that are started in the background.
    private static async Task ListeningAsync(Page page, CommandStep command)
    {
        if (command.Text.EndsWith('&'))
        {
            foreach (var port in page.Ports.Where(port => command.Text.Contains(port, StringComparison.Ordinal)))
            {
                var address = new IPEndPoint(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture));
                await Eventually.IsTrueAsync(async () => await ListensAsync(address), () => $"nothing listens on {address}");
            }
        }
    }

    private static async Task<bool> ListensAsync(IPEndPoint address)
    {
        try
        {
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(address, TestContext.Current.CancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
