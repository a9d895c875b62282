using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The executable and a control plane behind TLS, over HTTP (<c>https://</c>) and over gRPC (<c>meshs://</c>).</summary>
[Trait("Category", "AnyTransport")]
public sealed class NamerdTlsTests : IAsyncLifetime
{
    private readonly TestAuthority _authority = new("the root");
    private readonly TestAuthority _other = new("another root");
    private readonly TcpBackend _backend = new(Serve.Say("served"));
    private readonly List<IAsyncDisposable> _started = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var started in _started)
        {
            await started.DisposeAsync();
        }

        await _backend.DisposeAsync();
        _authority.Dispose();
        _other.Dispose();
    }

    [Theory]
    [InlineData("https")]
    [InlineData("meshs")]
    public async Task TrustedRootAndClientCertificate_Serves(string scheme)
    {
        using var mine = _authority.Issue("client.example");
        var (certificate, key) = _authority.Write(mine);
        var namerd = await StartNamerdAsync(scheme, "127.0.0.1", shown => shown.Thumbprint == mine.Thumbprint);
        await using var proxy = await StartAsync(namerd, "--namerd-ca", _authority.RootFile, "--namerd-cert", certificate, "--namerd-key", key);
        Assert.Equal("served", await ClientSocket.AskAsync(proxy.EndPoint));
    }

    [Theory]
    [InlineData("https")]
    [InlineData("meshs")]
    public async Task ClientCertificateWanted_NoneIsGiven_SaysSo(string scheme)
    {
        var namerd = await StartNamerdAsync(scheme, "127.0.0.1", shown => true);
        await using var proxy = await StartAsync(namerd, "--namerd-ca", _authority.RootFile);
        await WarnsAsync(proxy, "it wants a client certificate, and none is set");
    }

    [Theory]
    [InlineData("https")]
    [InlineData("meshs")]
    public async Task ServerName_IsWhatTheCertificateMustBeFor(string scheme)
    {
        var namerd = await StartNamerdAsync(scheme, "namerd.example");
        await using var proxy = await StartAsync(namerd, "--namerd-ca", _authority.RootFile, "--namerd-server-name", "namerd.example");
        Assert.Equal("served", await ClientSocket.AskAsync(proxy.EndPoint));
    }

    [Theory]
    [InlineData("https")]
    [InlineData("meshs")]
    public async Task CertificateForAnotherName_SaysBothNames(string scheme)
    {
        var namerd = await StartNamerdAsync(scheme, "namerd.example");
        await using var proxy = await StartAsync(namerd, "--namerd-ca", _authority.RootFile);
        await WarnsAsync(proxy, "can be made: its certificate is refused: no name of the certificate matches 127.0.0.1: it is for namerd.example");
    }

    [Theory]
    [InlineData("https")]
    [InlineData("meshs")]
    public async Task OtherRoot_IsNamed(string scheme)
    {
        var namerd = await StartNamerdAsync(scheme, "127.0.0.1");
        await using var proxy = await StartAsync(namerd, "--namerd-ca", _other.RootFile);
        await WarnsAsync(proxy, $"its certificate is refused: issued by an unknown authority, or a certificate between is missing: CN=the root, which issued CN=127.0.0.1; trusted: {_other.RootFile}");
    }

    [Theory]
    [InlineData("https")]
    [InlineData("meshs")]
    public async Task Resolve_OtherRoot_EndsWith1AndNamesIt(string scheme)
    {
        var namerd = await StartNamerdAsync(scheme, "127.0.0.1");
        await using var process = await Executable.RunAsync("resolve", "-n", namerd, "--namerd-ca", _other.RootFile, "/svc/web");
        Assert.Equal((1, string.Empty), (await process.WaitForExitAsync(TestContext.Current.CancellationToken), process.Output.Text));
        Assert.StartsWith("error: /svc/web cannot be resolved: no TLS connection to namerd at ", process.Error.Text, StringComparison.Ordinal);
        Assert.Contains($"issued by an unknown authority, or a certificate between is missing: CN=the root, which issued CN=127.0.0.1; trusted: {_other.RootFile}", process.Error.Text, StringComparison.Ordinal);
    }

    private async Task<string> StartNamerdAsync(string scheme, string name, Func<X509Certificate2, bool>? client = null)
    {
        var certificate = _authority.Issue(name);
        var http = new NamerdStandInOptions { Certificate = certificate, ClientCertificate = client };
        var namerd = await NamerdStandIn.StartAsync(http);
        _started.Add(namerd);
        namerd.Set("/svc/web", NameState.Bound.Of(StandInAddress.Of(_backend.EndPoint)));
        if (scheme == "https")
        {
            return namerd.BaseAddress.ToString();
        }

        var mesh = await MeshStandIn.StartAsync(namerd, new MeshStandInOptions { Certificate = certificate, ClientCertificate = client });
        _started.Insert(0, mesh);
        return mesh.Address.ToString();
    }

    private static Task<ProxyProcess> StartAsync(string namerd, params string[] options) => Executable.StartAsync("/svc/web", ["-n", namerd, .. options]);

    private static Task<string> WarnsAsync(ProxyProcess proxy, string words) => proxy.Error.WaitForAsync(
        line => line.Contains("WARN  Linkerd.Tcp.Namerd]", StringComparison.Ordinal) && line.Contains(words, StringComparison.Ordinal), TestContext.Current.CancellationToken);
}
