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
    [InlineData("error: --tls-cipher-suites: a cipher suite of TLS 1.2 was expected, not 'nonsense': ", "--tls-cipher-suites", "nonsense")]
    [InlineData("error: --tls-groups: a group of the key exchange was expected, not 'nonsense': ", "--tls-groups", "X25519,nonsense")]
    [InlineData("error: --tls-signature-algorithms: an algorithm of signatures was expected, not 'nonsense'", "--tls-signature-algorithms", "nonsense")]
    [InlineData("error: --server-tls-cipher-suites: a cipher suite of TLS 1.3 was expected, not 'TLS_NONSENSE': ", "--server-tls", "--server-tls-cipher-suites", "TLS_NONSENSE")]
    [InlineData("error: --server-tls-groups: a group of the key exchange was expected, not 'nonsense': ", "--server-tls", "--server-tls-groups", "nonsense")]
    [InlineData("error: --server-tls-signature-algorithms: an algorithm of signatures was expected, not 'nonsense'", "--server-tls", "--server-tls-signature-algorithms", "nonsense")]
    public async Task Start_OpenSslDoesNotHaveTheAlgorithm_IsAnErrorOfTheOption(string expected, params string[] options)
    {
        Assert.SkipUnless(OpenSslLibrary.Problem is null, "libssl is not there");
        var web = _files.Write("web.example");
        await using var process = await Executable.RunAsync(["-l", "127.0.0.1:0", "--transport", "epoll", "--tls-cert", web.Certificate, "--tls-key", web.Key, .. options, "127.0.0.1:1"]);
        Assert.Equal(78, await process.WaitForExitAsync(Stop));
        Assert.StartsWith(expected, Assert.Single(process.Error.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_FileWithWhatOpenSslDoesNotTake_NamesKeysWithTheirPlaces()
    {
        Assert.SkipUnless(OpenSslLibrary.Problem is null, "libssl is not there");
        var web = _files.Write("web.example");
        var (keys, staple) = (_files.WriteFile("short.key", "short"), _files.WriteFile("text.der", "nothing"));
        var file = _files.WriteFile(
            "proxy.yml",
            $"""
            transport: epoll
            routers:
            - servers:
              - port: 1
                dstName: web:80
                tls:
                  defaultIdentity: {"{"}certs: [{web.Certificate}], privateKey: {web.Key}, ocspFile: {staple}{"}"}
                  trustCerts: [{_files.Root}]
                  crlFiles: [{_files.Root}]
                  cipherSuites: [nonsense]
                  ticketKeyFile: {keys}
              client:
                tls:
                  enabled: true
                  groups: [nonsense]
            """);
        string[] expected =
        [
            "routers[0].servers[0].tls.defaultIdentity.ocspFile: ", "routers[0].servers[0].tls.crlFiles: ", "routers[0].servers[0].tls.cipherSuites: ", "routers[0].servers[0].tls.ticketKeyFile: ",
            "routers[0].client.tls.groups: ",
        ];
        foreach (var arguments in new string[][] { ["config", "check", file], ["--config", file] })
        {
            await using var process = await Executable.RunAsync(arguments);
            Assert.Equal(78, await process.WaitForExitAsync(Stop));
            var errors = process.Error.Lines.Where(line => line.StartsWith(file + ':', StringComparison.Ordinal)).ToList();
            Assert.Equal([7, 9, 10, 11, 15], errors.Select(line => int.Parse(line[(file.Length + 1)..].Split(':')[0], System.Globalization.CultureInfo.InvariantCulture)));
            Assert.All(expected.Zip(errors), static pair => Assert.Contains($": {pair.First}", pair.Second, StringComparison.Ordinal));
        }
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
