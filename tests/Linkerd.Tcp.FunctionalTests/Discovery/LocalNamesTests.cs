using System.Net.Sockets;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The executable with a dtab and files of its own, and with trees of names.</summary>
public sealed class LocalNamesTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly TcpBackend _first = new(Serve.Say("first"));
    private readonly TcpBackend _second = new(Serve.Say("second"));

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task Disco_AFileChanges_NewSessionsGoThere()
    {
        Write("web", _first);
        await using var proxy = await Executable.StartAsync("/svc/web", "--disco", _folder.Path);
        Assert.Equal("first", await ClientSocket.AskAsync(proxy.EndPoint));
        Write("web", _second);
        await proxy.Error.WaitForAsync(line => line.Contains("(1 added, 1 removed", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Equal("second", await ClientSocket.AskAsync(proxy.EndPoint));
    }

    [Fact]
    public async Task Dtab_OfAFileWithAFallBack_IsFollowedWhileFilesComeAndGo()
    {
        Write("spare", _second);
        await File.WriteAllTextAsync(_folder.File("web.dtab"), "/svc => /#/io.l5d.fs ;\n/svc/web => /#/io.l5d.fs/web | /#/io.l5d.fs/spare ;\n", TestContext.Current.CancellationToken);
        await using var proxy = await Executable.StartAsync("/svc/web", "--disco", _folder.Path, "--dtab", "@" + _folder.File("web.dtab"));
        Assert.Equal("second", await ClientSocket.AskAsync(proxy.EndPoint));
        Write("web", _first);
        await proxy.Error.WaitForAsync(line => line.Contains("(1 added, 1 removed", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Equal("first", await ClientSocket.AskAsync(proxy.EndPoint));
    }

    [Fact]
    public async Task Disco_TheFileIsDeleted_ItsEndpointsAreDropped()
    {
        Write("web", _first);
        await using var proxy = await Executable.StartAsync("/svc/web", "--disco", _folder.Path);
        Assert.Equal("first", await ClientSocket.AskAsync(proxy.EndPoint));
        File.Delete(_folder.File("web"));
        await proxy.Error.WaitForAsync(line => line.Contains("1 endpoints dropped", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        // As early as in connecting.
        var error = await Assert.ThrowsAsync<SocketException>(() => ClientSocket.AskAsync(proxy.EndPoint));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Fact]
    public async Task Target_ATreeWithParenthesesAndAFallBack_IsServed()
    {
        Write("web", _first);
        Write("same", _first);
        await using var proxy = await Executable.StartAsync("/svc/none | (2 * /svc/web & 1 * /svc/same)", "--disco", _folder.Path);
        Assert.Contains("/target stands for /svc/none | 2 * /svc/web & /svc/same", proxy.Error.Text, StringComparison.Ordinal);
        Assert.Equal("first", await ClientSocket.AskAsync(proxy.EndPoint));
    }

    [Fact]
    public async Task Target_ATreeForNamerd_IsBoundThereByAnOverride()
    {
        await using var namerd = await NamerdStandIn.StartAsync();
        namerd.SetDtab("default", "/svc => /#/io.l5d.fs");
        namerd.SetFile("web", Line(_first));
        await using var proxy = await Executable.StartAsync("/svc/none | /svc/other", "-n", $"{namerd.EndPoint}", "--namerd-dtab", "/svc/other => /svc/web");
        Assert.Equal("first", await ClientSocket.AskAsync(proxy.EndPoint));
        Assert.Contains(namerd.Requests, request => request.Contains("/bind/default?path=%2Ftarget&dtab=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task StateDirectory_NamerdIsDownAtTheNextStart_ServesWhatItRemembers()
    {
        var namerd = await NamerdStandIn.StartAsync();
        await using (namerd)
        {
            namerd.SetDtab("default", "/svc => /#/io.l5d.fs");
            namerd.SetFile("web", Line(_first));
            await using var before = await Executable.StartAsync("/svc/web", "-n", $"{namerd.EndPoint}", "--state-dir", _folder.File("state"));
            Assert.Equal("first", await ClientSocket.AskAsync(before.EndPoint));
            before.Send(Signal.Terminate);
            Assert.Equal(0, await before.WaitForExitAsync(TestContext.Current.CancellationToken));
        }

        await using var proxy = await Executable.StartAsync("/svc/web", "-n", $"{namerd.EndPoint}", "--state-dir", _folder.File("state"));
        Assert.Equal("first", await ClientSocket.AskAsync(proxy.EndPoint));
    }

    private static string Line(TcpBackend server) => $"{server.EndPoint.Address} {server.EndPoint.Port}\n";

    private void Write(string file, TcpBackend server)
    {
        File.WriteAllText(_folder.File(".new"), Line(server));
        File.Move(_folder.File(".new"), _folder.File(file), overwrite: true);
    }
}
