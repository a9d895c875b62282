using System.Security.Cryptography;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The choice of the library of TLS, as the executable has it.</summary>
public sealed class TlsProviderTests : IDisposable
{
    private readonly TlsFiles _files = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("TLS is that of .NET (SslStream): tlsProvider is dotnet", "--tls-provider", "dotnet")]
    [InlineData("TLS is that of .NET (SslStream): the transport is sockets, and OpenSSL is for epoll", "--transport", "sockets")]
    [InlineData("TLS is that of OpenSSL 3.", "--transport", "epoll", "--tls-provider", "openssl")]
    public async Task Start_ListenerWithTls_LogsTheLibraryOnce(string expected, params string[] options)
    {
        Assert.SkipUnless(OpenSslLibrary.Problem is null || !expected.Contains("OpenSSL 3", StringComparison.Ordinal), "libssl is not there");
        var web = _files.Write("web.example");
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(backend.Name, ["--tls-cert", web.Certificate, "--tls-key", web.Key, .. options]);
        Assert.Single(proxy.Error.Text.Split('\n'), static line => line.Contains("TLS is that of", StringComparison.Ordinal));
        Assert.Contains(expected, proxy.Error.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_NothingHasTls_LogsNoLibrary()
    {
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var proxy = await Executable.StartAsync(backend.Name);
        Assert.DoesNotContain("TLS is that of", proxy.Error.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("error: --tls-groups: the OpenSSL provider is needed, and does not run TLS here: tlsProvider is dotnet.", "--tls-provider", "dotnet", "--tls-groups", "X25519")]
    [InlineData("error: --tls-ticket-count: the OpenSSL provider is needed, and does not run TLS here: it is for the epoll transport, and transport is sockets.", "--transport", "sockets", "--tls-ticket-count", "0")]
    [InlineData("error: --server-crl: the OpenSSL provider is needed, and does not run TLS here: tlsProvider is dotnet.", "--tls-provider", "dotnet", "--server-tls", "--server-crl", "ca.crl")]
    [InlineData("error: --tls-provider: auto or dotnet was expected, not openssl: it is for the epoll transport, and transport is sockets.", "--tls-provider", "openssl", "--transport", "sockets")]
    public async Task Start_OpenSslDoesNotRunAndIsNeeded_IsAnErrorOfTheOption(string expected, params string[] options)
    {
        await using var process = await Executable.RunAsync(["--tls-cert", "a.pem", .. options, "/svc/web"]);
        Assert.Equal(78, await process.WaitForExitAsync(Stop));
        Assert.Equal(expected, process.Error.Text);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Tickets_KeysOfAFile_ResumeInAnotherProcessAndAfterARestart(string version)
    {
        Assert.SkipUnless(OpenSslLibrary.Problem is null, "libssl is not there");
        var web = _files.Write("web.example");
        await using var backend = new TcpBackend(Serve.EchoAsync);
        string[] shared = ["--transport", "epoll", "--tls-cert", web.Certificate, "--tls-key", web.Key, "--tls-ticket-key-file", _files.WriteFile("tickets.key", RandomNumberGenerator.GetBytes(80))];
        var session = _files.PathOf("session");
        await using (var first = await Executable.StartAsync(backend.Name, shared))
        {
            await using var second = await Executable.StartAsync(backend.Name, shared);
            Assert.Contains("New, ", await OpenSslClient.TalkAsync(first, version, "-sess_out", session), StringComparison.Ordinal);
            Assert.Contains("Reused, ", await OpenSslClient.TalkAsync(second, version, "-sess_in", session), StringComparison.Ordinal);
        }

        await using var restarted = await Executable.StartAsync(backend.Name, shared);
        Assert.Contains("Reused, ", await OpenSslClient.TalkAsync(restarted, version, "-sess_in", session), StringComparison.Ordinal);

        // Without the file each process has keys of its own.
        await using var other = await Executable.StartAsync(backend.Name, shared[..6]);
        Assert.Contains("New, ", await OpenSslClient.TalkAsync(other, version, "-sess_in", session), StringComparison.Ordinal);
    }
}
