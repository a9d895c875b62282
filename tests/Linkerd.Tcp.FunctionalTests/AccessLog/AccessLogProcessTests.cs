using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The access log of the real executable: rotation, a full disk, a reader that reads nothing.</summary>
[Trait("Category", "AnyTransport")]
public sealed class AccessLogProcessTests
{
    [Theory]
    [InlineData("text")]
    [InlineData("json")]
    public async Task Reopen_UnderLoad_LosesNothing(string format)
    {
        Require.Linux();
        using var folder = new TemporaryFolder();
        var file = folder.File("access.log");
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(backend.Name, "--access-log", file, "--access-log-format", format);
        await using var load = new ClosedLoad(proxy.EndPoint, clients: 4, static (_, client) => TalkAsync(client));
        for (var rotation = 0; rotation < 5; rotation++)
        {
            await load.WaitForAsync(50);
            File.Move(file, folder.File(FormattableString.Invariant($"access.log.{rotation}")));
            proxy.Send(Signal.User1);
            await Eventually.IsTrueAsync(() => File.Exists(file), () => "it was not opened again");
        }

        await load.StopAsync();
        proxy.Send(Signal.Terminate);
        Assert.Equal(0, await proxy.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.Empty(load.Failed);
        var lines = Directory.GetFiles(folder.Path).SelectMany(File.ReadAllLines).ToList();
        Assert.Equal(load.Ended.Count, lines.Count);
        Assert.All(lines, line => Assert.True(format == "json" ? line.StartsWith('{') && line.EndsWith('}') : line.Contains(" event=end ", StringComparison.Ordinal), line));
        Assert.All(Directory.GetFiles(folder.Path), static written => Assert.NotEqual(0, new FileInfo(written).Length));
    }

    [Theory]
    [InlineData("create 0640", true)]
    [InlineData("nocreate", true)]
    [InlineData("copytruncate", false)]
    public async Task Rotate_ByLogrotate_WorksWithItsUsualModes(string mode, bool signals)
    {
        Require.Linux();
        var logrotate = Require.Program("logrotate");
        using var folder = new TemporaryFolder();
        var file = folder.File("access.log");
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(backend.Name, "--access-log", file);
        var script = signals ? $"\n  postrotate\n    kill -USR1 {proxy.Id.ToString(CultureInfo.InvariantCulture)}\n  endscript" : string.Empty;
        await File.WriteAllTextAsync(folder.File("rotate.conf"), $"{file} {{\n  rotate 9\n  {mode}{script}\n}}\n", TestContext.Current.CancellationToken);
        await using (await ChildProcess.RunAsync("chmod", ["600", folder.File("rotate.conf")], TestContext.Current.CancellationToken))
        {
        }

        for (var round = 1; round <= 2; round++)
        {
            await EchoOnceAsync(proxy);
            await Eventually.IsTrueAsync(() => File.Exists(file) && File.ReadAllLines(file).Length == 1, () => "no line came");
            await using var rotation = await ChildProcess.RunAsync(logrotate, ["--force", "--state", folder.File("state"), folder.File("rotate.conf")], TestContext.Current.CancellationToken);
            Assert.True(await rotation.WaitForExitAsync(TestContext.Current.CancellationToken) == 0, rotation.Error.Text);
            await Eventually.IsTrueAsync(() => File.Exists(file) && new FileInfo(file).Length == 0, () => "it was not opened again");
        }

        await EchoOnceAsync(proxy);
        await Eventually.IsTrueAsync(() => File.ReadAllLines(file).Length == 1, () => "no line came");
        Assert.Equal((1, 1), (File.ReadAllLines(file + ".1").Length, File.ReadAllLines(file + ".2").Length));
        Assert.DoesNotContain('\0', await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Write_FullDisk_IsLoggedAndSessionsGoOn()
    {
        Require.Linux();
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(backend.Name, "--access-log", "/dev/full");
        await EchoOnceAsync(proxy);
        await proxy.Error.WaitForAsync(
            static line => line.Contains("the access log /dev/full cannot be written: No space left on device; it is tried again every second", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        await EchoOnceAsync(proxy);
        proxy.Send(Signal.Terminate);
        Assert.Equal(0, await proxy.WaitForExitAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Write_FolderVanishesAndComesBack_Resumes()
    {
        Require.Linux();
        using var folder = new TemporaryFolder();
        var logs = folder.File("logs");
        Directory.CreateDirectory(logs);
        var file = Path.Combine(logs, "access.log");
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(backend.Name, "--access-log", file);
        await EchoOnceAsync(proxy);
        await Eventually.IsTrueAsync(() => File.ReadAllLines(file).Length == 1, () => "no line came");
        Directory.Delete(logs, recursive: true);
        await Eventually.IsTrueAsync(
            async () =>
            {
                await EchoOnceAsync(proxy);
                return proxy.Error.Text.Contains($"the access log {file} cannot be written: Could not find a part of the path", StringComparison.Ordinal);
            },
            () => proxy.Error.Text);
        Directory.CreateDirectory(logs);
        await proxy.Error.WaitForAsync(static line => line.EndsWith("is written again", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.NotEqual(0, new FileInfo(file).Length);
    }

    [Fact]
    public async Task Write_NobodyReadsStdout_SessionsAndTheEndDoNotWait()
    {
        Require.Linux();
        using var folder = new TemporaryFolder();
        var pipe = folder.File("pipe");
        await using var backend = new TcpBackend(Serve.EchoAsync);

        // The shell holds the pipe open, and reads nothing.
        await using var proxy = await ProxyProcess.StartAsync(
            Executable.FileName, backend.Name, TestContext.Current.CancellationToken, ["--access-log", "-"], through: ["/bin/sh", "-c", $"mkfifo {pipe}; exec 3<>{pipe}; exec \"$0\" \"$@\" >{pipe}"]);
        await using var load = new ClosedLoad(proxy.EndPoint, clients: 4, static (_, client) => TalkAsync(client));
        await load.WaitForAsync(1000);
        await load.StopAsync();
        Assert.Empty(load.Failed);
        var stopping = Stopwatch.StartNew();
        proxy.Send(Signal.Terminate);
        Assert.Equal(0, await proxy.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.InRange(stopping.Elapsed.TotalSeconds, 0, 10);
    }

    [Fact]
    public async Task Start_Stdout_HasLinesWithoutAnythingElse()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(backend.Name, "--access-log", "-", "--access-log-format", "json");
        await EchoOnceAsync(proxy);
        var line = await proxy.Output.WaitForAsync(static _ => true, TestContext.Current.CancellationToken);
        using var json = JsonDocument.Parse(line);
        Assert.Equal(("end", 5), (json.RootElement.GetProperty("event").GetString(), json.RootElement.GetProperty("bytesToClient").GetInt64()));
        proxy.Send(Signal.User1);
        await proxy.Error.WaitForAsync(static text => text.EndsWith("SIGUSR1 means nothing here, and is ignored; SIGTERM stops the proxy", StringComparison.Ordinal), TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("/nonexistent/access.log", "Could not find a part of the path '/nonexistent/access.log'.")]
    [InlineData("/", "Access to the path '/' is denied.")]
    public async Task Start_FileCannotBeOpened_IsAnError(string file, string problem)
    {
        await using var process = await Executable.RunAsync("--access-log", file, "/$/nil");
        Assert.Equal(78, await process.WaitForExitAsync(TestContext.Current.CancellationToken));
        Assert.Equal($"error: --access-log: a file that can be written was expected, not '{file}' ({problem}).", Assert.Single(process.Error.Lines));
    }

    private static Task EchoOnceAsync(ProxyProcess proxy) => EchoOnceAsync(proxy.EndPoint);

    private static async Task EchoOnceAsync(IPEndPoint endPoint)
    {
        using var client = await ClientSocket.ConnectAsync(endPoint);
        await TalkAsync(client);
    }

    private static async Task TalkAsync(Socket client)
    {
        await client.EchoAsync("hello");
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(string.Empty, await client.ReceiveTextToEndAsync().InTimeAsync());
    }
}
