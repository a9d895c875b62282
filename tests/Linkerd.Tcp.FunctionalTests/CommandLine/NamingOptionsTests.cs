using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Cli.CommandLine;
using Linkerd.Tcp.Hosting.Namerd;
using Linkerd.Tcp.Namerd;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Security;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The options of naming, of the proxy and of <c>resolve</c>.</summary>
public sealed class NamingOptionsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Parse_TargetAlone_HasTheDefaults()
    {
        var naming = Run("/svc/foo");
        Assert.Null(naming.Disco);
        Assert.Null(naming.Dtab);
        Assert.Null(naming.Namerd.Dtab);
        Assert.Equal(NamerdMode.Bind, naming.Namerd.Mode);
        Assert.Equal(TimeSpan.FromMinutes(10), naming.Namerd.MaxAge);
        Assert.Equivalent(new ServerTlsOptions(), NamerdTlsFiles.Load(naming.Namerd), strict: true);
        Assert.False(naming.Namerd.IsMesh);
    }

    [Fact]
    public void Parse_DtabOrDisco_NamesAreBoundHere()
    {
        Assert.True(Run("--dtab", "/svc => /$/inet/127.0.0.1/80", "/svc/foo").IsLocal);
        Assert.True(Run("--disco", _folder.Path, "/svc/foo").IsLocal);
        Assert.Equal(_folder.Path, Run("--disco", _folder.Path, "/svc/foo").Disco);
    }

    [Fact]
    public void Parse_DtabOfAFile_IsReadFromThere()
    {
        File.WriteAllText(_folder.File("web.dtab"), "/svc => /a ; # one\n/svc/b => /c ;\n");
        Assert.Equal(Dtab.Parse("/svc => /a ; /svc/b => /c"), Run("--dtab", "@" + _folder.File("web.dtab"), "/svc/foo").Dtab);
        Assert.Equal(Dtab.Parse("/svc => /a ; /svc/b => /c"), Run("--namerd-dtab", "@" + _folder.File("web.dtab"), "/svc/foo").Namerd.Dtab);
    }

    [Fact]
    public void Parse_DtabOfAFileWithAnError_SaysFileLineColumnAndNamerdsText()
    {
        var file = _folder.File("web.dtab");
        File.WriteAllText(file, "/svc => /a ;\n/svc/b => /c/ ;\n");
        var wrong = Assert.IsType<ParsedCommandLine.Wrong>(CommandLineParser.Parse(["--dtab", "@" + file, "/svc/foo"]));
        Assert.Equal(
            $"--dtab '@{file}': {file}:2:14: label char expected but ' ' found at '/svc => /a ;\n/svc/b => /c/[ ];\n'", Assert.Single(wrong.Errors));
    }

    [Theory]
    [InlineData("/svc/a | /svc/b")]
    [InlineData("9 * /svc/a & 1 * (/svc/b | !)")]
    [InlineData("3 * /svc/a & 1 * /$/inet/10.0.0.1/80")]
    public void Parse_ATreeOfNames_IsForNamerd(string target)
    {
        var naming = Run(target);
        Assert.False(naming.IsLocal);
        Assert.Equal(NameTree.Parse(target), naming.Target);
    }

    [Fact]
    public void Parse_OverrideOfMoreThanNamerdTakes_IsWrong()
    {
        var dtab = string.Join(';', Enumerable.Range(0, 400).Select(i => $"/svc/{i} => /other/{i}"));
        var wrong = Assert.IsType<ParsedCommandLine.Wrong>(CommandLineParser.Parse(["--namerd-dtab", dtab, "/svc/foo"]));
        Assert.Contains("4", Assert.Single(wrong.Errors), StringComparison.Ordinal);
        Assert.IsType<ParsedCommandLine.Run>(CommandLineParser.Parse(["--namerd-dtab", dtab, "-n", "mesh://namerd", "/svc/foo"]));
    }

    [Fact]
    public void Parse_TlsOfNamerd_IsReadFromItsFiles()
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=client", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(_folder.File("client.pem"), certificate.ExportCertificatePem() + "\n" + certificate.ExportCertificatePem());
        File.WriteAllText(_folder.File("client.key"), key.ExportPkcs8PrivateKeyPem());
        var namerd = Run(
            "-n", "https://namerd", "--namerd-ca", _folder.File("client.pem"), "--namerd-cert", _folder.File("client.pem"), "--namerd-key", _folder.File("client.key"),
            "--namerd-server-name", "namerd.example", "/svc/foo").Namerd;
        var tls = NamerdTlsFiles.Load(namerd);
        Assert.Equal([_folder.File("client.pem")], tls.RootFiles);
        Assert.Equal((_folder.File("client.pem"), _folder.File("client.key")), (tls.Certificate!.CertificateFile, tls.Certificate.KeyFile));
        Assert.Equal("namerd.example", tls.ServerName);
        var wrong = Assert.IsType<ParsedCommandLine.Wrong>(CommandLineParser.Parse(["-n", "https://namerd", "--namerd-cert", _folder.File("client.pem"), "/svc/foo"]));
        Assert.Contains("there is no private key behind the certificates, and no key file is given", Assert.Single(wrong.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_StateDirectory_IsMade()
    {
        var directory = Path.Combine(_folder.Path, "a", "b");
        Assert.Equal(directory, Run("--state-dir", directory, "/svc/foo").Router.StateDirectory);
        Assert.Empty(Directory.EnumerateFileSystemEntries(directory));
    }

    [Fact]
    public void Parse_Resolve_HasItsOwnOptionsAndThoseOfNaming()
    {
        var settings = Assert.IsType<ParsedCommandLine.Resolve>(CommandLineParser.Parse(
            ["resolve", "--watch", "--json", "--timeout", "2s", "-n", "a,b", "-N", "ns", "--poll", "-i", "5", "/svc/a | /svc/b"])).Settings;
        Assert.True(settings.Watch);
        Assert.True(settings.Json);
        Assert.Equal(TimeSpan.FromSeconds(2), settings.Timeout);
        Assert.Equal(NamerdMode.Poll, Assert.IsType<NamerdConfiguration>(settings.Naming.Interpreter).Mode);
        Assert.Equal(2, Assert.IsType<NamerdConfiguration>(settings.Naming.Interpreter).BaseAddresses.Count);
        Assert.Equal(TimeSpan.FromSeconds(5), Assert.IsType<ParsedCommandLine.Resolve>(CommandLineParser.Parse(["resolve", "/a"])).Settings.Timeout);
    }

    [Theory]
    [InlineData("<NAME> is missing", "resolve")]
    [InlineData("unknown option '-l'", "resolve", "-l", "127.0.0.1:80", "/a")]
    [InlineData("--namerd-mode resolve draws one branch", "resolve", "--namerd-mode", "resolve", "/a")]
    [InlineData("<NAME> 'a': 'a' has no port; expected a host and a port", "resolve", "a")]
    [InlineData("--json=1: --json takes no value", "resolve", "--json=1", "/a")]
    [InlineData("expected check after dtab", "dtab")]
    [InlineData("unknown command 'dtab chekc'; expected dtab check", "dtab", "chekc")]
    [InlineData("<FILE|-> is missing; expected a file, or - for standard input", "dtab", "check")]
    [InlineData("unexpected 'b' after <FILE|-> 'a'", "dtab", "check", "a", "b")]
    public void Parse_CommandsThatAreWrong_SayWhy(string expected, params string[] args) =>
        Assert.StartsWith(expected, Assert.Single(Assert.IsType<ParsedCommandLine.Wrong>(CommandLineParser.Parse(args)).Errors), StringComparison.Ordinal);

    private static ParsedProxy Run(params string[] args) => ParsedProxy.Of(args);
}
