using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reflection;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Runs a page as a reader would: in an empty folder, in order. What it prints must be what the page shows; <see cref="Page"/> and <see cref="PrintedLine"/> have the rules.</summary>
internal static class PageRun
{
    private static readonly string Root = typeof(PageRun).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static data => data.Key == "RepositoryRoot").Value!;

    /// <summary>Runs a page of docs/, by its path there.</summary>
    public static async Task RunAsync(string name)
    {
        Require.Linux();
        foreach (var program in (string[])["python3", "curl", "openssl"])
        {
            _ = Require.Program(program);
        }

        var page = Page.Read(name, await File.ReadAllTextAsync(Path.Combine(Root, "docs", name), TestContext.Current.CancellationToken));
        Assert.True(page.Steps.Count > 1, "the page has no commands");
        var faults = await RunAsync(page);
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    private static async Task<List<string>> RunAsync(Page page)
    {
        using var folder = new TemporaryFolder();
        using var bin = new TemporaryFolder();
        File.CreateSymbolicLink(bin.File("linkerd-tcp"), Executable.FileName);
        var environment = new Dictionary<string, string?>
        {
            ["PATH"] = bin.Path + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH"),
            ["LINKERD_TCP"] = Root.TrimEnd('/'),
            ["LINKERD_TCP_LOG"] = null,
            ["RUST_LOG"] = null,
            ["DOTNET_NOLOGO"] = "1",
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            ["MSBUILDDISABLENODEREUSE"] = "1",
            ["BuildProjectReferences"] = "false",
            ["UseSharedCompilation"] = Environment.GetEnvironmentVariable("UseSharedCompilation") ?? "false",
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
                    await (file.IsAppended
                        ? File.AppendAllTextAsync(folder.File(file.Name), file.Text, TestContext.Current.CancellationToken)
                        : File.WriteAllTextAsync(folder.File(file.Name), file.Text, TestContext.Current.CancellationToken));
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

        if (command.MayRunOn)
        {
            return await ReadAsync(terminal, command.Output!);
        }

        var printed = await terminal.ReadToEndAsync();
        return command.Output is null || PrintedLine.AreAsShown(command.Output, printed) ? null : Describe(printed, command.Output);
    }

    // Reads the lines that the page shows of a program that runs on. Their order is not compared: its threads log beside each other.
    private static async Task<string?> ReadAsync(PageTerminal terminal, IReadOnlyList<string> shown)
    {
        var missing = shown.Where(static line => line != PrintedLine.Gap).ToList();
        var printed = new List<string>();
        while (missing.Count > 0)
        {
            if (await terminal.ReadLineAsync() is not { } line)
            {
                return Describe(printed, shown);
            }

            printed.Add(line);
            if (missing.FindIndex(expected => PrintedLine.IsAsShown(expected, line)) is var found and >= 0)
            {
                missing.RemoveAt(found);
            }
            else if (!shown.Contains(PrintedLine.Gap))
            {
                return Describe(printed, shown);
            }
        }

        return null;
    }

    private static string Describe(IReadOnlyList<string> printed, IReadOnlyList<string> shown) => $"printed:\n{string.Join('\n', printed)}\nshown:\n{string.Join('\n', shown)}\n";

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
