using Linkerd.Tcp.Cli.CommandLine;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Hosting.Namerd;
using Linkerd.Tcp.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The table of options of the executable: its help texts, its reference page, and the rows of its own kinds.</summary>
public sealed class OptionTableTests
{
    [Theory]
    [InlineData("help.txt", "--help")]
    [InlineData("resolve-help.txt", "resolve", "--help")]
    [InlineData("dtab-help.txt", "dtab", "--help")]
    [InlineData("config-check-help.txt", "config", "check", "--help")]
    public void Help_EveryText_IsTheGoldenOneToTheLetter(string file, params string[] args) => Assert.Equal(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", file)),
        Text(args).Replace(HelpText.Version, "linkerd-tcp VERSION", StringComparison.Ordinal));

    // The page has the version of a release, without a suffix of the build.
    [Fact]
    public void Help_OnTheConfigurePage_IsWhatItPrints() => Assert.Contains(
        "```\n$ linkerd-tcp --help\n" + Text("--help").Replace(HelpText.Version, "linkerd-tcp " + HelpText.Version["linkerd-tcp ".Length..].Split('-')[0], StringComparison.Ordinal) + "```\n", File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "configure.md")), StringComparison.Ordinal);

    [Fact]
    public void Reference_TheCommittedPage_IsWhatTheTablePrints() =>
        Assert.True(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "reference.md")) == Text("config", "reference"), "docs/reference.md is stale; expected: linkerd-tcp config reference > docs/reference.md");

    [Fact]
    public void Reference_EveryOption_IsThere()
    {
        var text = Text("config", "reference");
        Assert.All(KnownKinds.Table.Options, option => Assert.Contains(option.Key is { } key ? key + "`" : "--" + option.Argument, text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(NamerdKinds.HttpName)]
    [InlineData(NamerdKinds.MeshName)]
    [InlineData(LocalInterpreterConfiguration.KindName)]
    [InlineData(StaticInterpreterConfiguration.KindName)]
    public void Kinds_NewConfiguration_IsOfTheKindAndItsDefaultsPrintAndParse(string name)
    {
        var kind = KnownKinds.Table.Interpreters.Get(name);
        var configuration = kind.NewConfiguration();
        Assert.Equal(name, configuration.Kind);
        foreach (var option in kind.Options.Where(option => option.Key is not null && option.ModelType == configuration.GetType()))
        {
            if (option.Print(configuration) is { Length: > 0 } text)
            {
                var read = kind.NewConfiguration();
                option.Parse(read, text);
                Assert.Equal(text, option.Print(read));
            }
        }
    }

    [Fact]
    public void NamerdRows_DefaultSaid_IsTheDefaultOfTheModel()
    {
        foreach (var option in NamerdRows.All.Where(static option => option.ValueName is not null))
        {
            var said = new NamerdConfiguration();
            option.ParseArgument(said, option.Default);
            Assert.Equal(option.PrintArgument(new NamerdConfiguration()), option.PrintArgument(said));
        }
    }

    [Theory]
    [InlineData("baseUrl", "namerd:4180")]
    [InlineData("periodSecs", "5")]
    [InlineData("namespace", "other")]
    [InlineData("mode", "poll")]
    [InlineData("dtab", "/svc => /other")]
    [InlineData("maxAgeSecs", "61.5")]
    [InlineData("tls.dnsName", "namerd.example")]
    [InlineData("tls.trustCerts", "CERTIFICATE")]
    [InlineData("tls.cert", "CERTIFICATE")]
    [InlineData("tls.privateKey", "KEY")]
    public void NamerdRows_EachOptionChanged_ChangesWhatTheResolverIsGiven(string key, string text)
    {
        using var folder = new TemporaryFolder();
        using var ecdsa = System.Security.Cryptography.ECDsa.Create();
        using var certificate = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=client", ecdsa, System.Security.Cryptography.HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(folder.File("cert.pem"), certificate.ExportCertificatePem() + "\n" + ecdsa.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(folder.File("key.pem"), ecdsa.ExportPkcs8PrivateKeyPem());
        text = text switch { "CERTIFICATE" => folder.File("cert.pem"), "KEY" => folder.File("key.pem"), _ => text };
        var option = NamerdRows.All.Single(row => row.Key == key);
        foreach (var addresses in (string[])["https://namerd", "meshs://namerd"])
        {
            var context = new NamingContext([], NullLoggerFactory.Instance, TimeProvider.System);
            var (before, after) = (New(addresses), New(addresses));
            if (key == "tls.privateKey")
            {
                // The key alone means nothing; in the file of the certificate there is none without it.
                File.WriteAllText(folder.File("only.pem"), certificate.ExportCertificatePem());
                (before.Cert, after.Cert) = (folder.File("only.pem"), folder.File("only.pem"));
                Assert.ThrowsAny<InvalidOptionsException>(() => Describe(before, context));
                option.Parse(after, text);
                Assert.NotEmpty(Describe(after, context));
                continue;
            }

            option.Parse(after, key == "baseUrl" ? addresses + "-2" : text);
            if (key == "mode" && after.IsMesh)
            {
                continue;
            }

            Assert.NotEqual(Describe(before, context), Describe(after, context));
        }
    }

    [Fact]
    public void NamerdRows_EveryKey_IsTestedForItsEffect() => Assert.Equal(
        NamerdRows.All.Select(static row => row.Key).OfType<string>().Order(),
        typeof(OptionTableTests).GetMethod(nameof(NamerdRows_EachOptionChanged_ChangesWhatTheResolverIsGiven))!.GetCustomAttributes(typeof(InlineDataAttribute), false)
            .Select(static data => (string)((InlineDataAttribute)data).Data[0]!).Order());

    [Fact]
    public void Kinds_AnUnknownOne_ListsThoseThatThereAre() => Assert.Equal(
        "there is no interpreter kind 'io.l5d.namerd'; known are default, io.l5d.static, io.l5d.namerd.http, io.l5d.mesh",
        Assert.Throws<InvalidValueException>(() => KnownKinds.Table.Interpreters.Get("io.l5d.namerd")).Message);

    private static NamerdConfiguration New(string addresses) => new() { BaseAddresses = NamerdText.ParseAddresses(addresses.Split(',')), IsMesh = addresses.StartsWith("mesh", StringComparison.Ordinal) };

    private static string Describe(NamerdConfiguration configuration, NamingContext context)
    {
        object options = configuration.IsMesh ? NamerdKinds.MeshOptions(configuration, context) : NamerdKinds.HttpOptions(configuration, context);
        return string.Join('\n', options.GetType().GetProperties().Select(property => $"{property.Name}: {Print(property.GetValue(options))}"));
    }

    private static string Print(object? value) => value switch
    {
        Security.ServerTlsOptions tls => $"{string.Join(',', tls.RootFiles)} {tls.Certificate?.CertificateFile} {tls.Certificate?.KeyFile} {tls.ServerName}",
        IEnumerable<Uri> addresses => string.Join(',', addresses),
        _ => value?.ToString() ?? "null",
    };

    private static string Text(params string[] args) => Assert.IsType<ParsedCommandLine.ShowText>(CommandLineParser.Parse(args)).Text;
}
