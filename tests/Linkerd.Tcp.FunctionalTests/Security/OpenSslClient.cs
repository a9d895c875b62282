using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary><c>openssl s_client</c>, connected to a proxy, with its standard input open.</summary>
internal sealed class OpenSslClient : IAsyncDisposable
{
    private readonly ChildProcess _process;

    /// <summary>Starts it. It writes what it prints itself through a buffer, and data past that: with a buffer of one line no line is in two parts with data between them.</summary>
    public OpenSslClient(ProxyProcess proxy, params string[] options) =>
        _process = new ChildProcess(Require.Program("stdbuf"), ["-oL", Require.Program("openssl"), "s_client", "-connect", proxy.EndPoint.ToString(), .. options]);

    /// <summary>All that it has printed.</summary>
    public string Text => _process.Output.Text + "\n" + _process.Error.Text;

    /// <summary>Sends a line through the proxy and expects it back.</summary>
    public async Task EchoAsync(string line)
    {
        await SendAsync(line);
        await ReceivesAsync(line);
    }

    /// <summary>Waits until a line has come through the proxy.</summary>
    public Task ReceivesAsync(string line) => _process.Output.WaitForAsync(candidate => candidate == line, TestContext.Current.CancellationToken);

    /// <summary>Sends a line. One that begins with Q, R, K or k is a command, which takes all that is read with it.</summary>
    public Task SendAsync(string line) => _process.Input.WriteAsync(System.Text.Encoding.ASCII.GetBytes(line + "\n"), TestContext.Current.CancellationToken).AsTask();

    /// <summary>Gives it a command, and waits until it says that it does it.</summary>
    public async Task CommandAsync(string command, string printed)
    {
        var skip = _process.Error.Lines.Count;
        await SendAsync(command);
        await _process.Error.WaitForAsync(line => line.Contains(printed, StringComparison.Ordinal), TestContext.Current.CancellationToken, skip);
    }

    /// <summary>Closes its input, at which it closes the connection and ends.</summary>
    /// <returns>All that it printed.</returns>
    public async Task<string> CloseAsync()
    {
        _process.Input.Close();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return Text;
    }

    /// <summary>Waits until it ends because the connection did.</summary>
    /// <returns>All that it printed.</returns>
    public async Task<string> EndsAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).InTimeAsync();
        return Text;
    }

    /// <summary>Has one handshake and one echo on a connection of its own.</summary>
    /// <returns>All that it printed.</returns>
    public static async Task<string> TalkAsync(ProxyProcess proxy, params string[] options)
    {
        await using var client = new OpenSslClient(proxy, options);
        await client.EchoAsync("hello");
        return await client.CloseAsync();
    }

    /// <summary>Tries a connection that the proxy refuses.</summary>
    /// <returns>All that it printed.</returns>
    public static async Task<string> FailAsync(ProxyProcess proxy, params string[] options)
    {
        await using var client = new OpenSslClient(proxy, options);
        return await client.EndsAsync();
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
