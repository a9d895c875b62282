using System.Net;
using System.Reflection;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Tests.Security.Connections.Contract;
using Linkerd.Tcp.TestUtilities;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.Providers;

/// <summary>Options that a provider may lack, which are refused and never ignored; and the comparison of options.</summary>
public sealed class TlsProviderTests
{
    private static readonly DstPath Name = DstPath.Parse("/svc/web");

    [Theory]
    [InlineData(nameof(ListenerTlsOptions.CrlFiles))]
    [InlineData(nameof(ListenerTlsOptions.TicketKeyFile))]
    [InlineData(nameof(ListenerTlsOptions.Groups))]
    public void Listener_OptionThatTheProviderLacks_IsAnErrorAtConstruction(string option)
    {
        var tls = With(new ListenerTlsOptions { Certificates = [TlsMaterial.Files("ok")] }, option);
        var error = Assert.Throws<InvalidOptionsException>(() => Proxy(tls));
        Assert.Equal($"Listeners[0].Tls.{option}: {option} needs the OpenSSL provider, which this build does not have.", Assert.Single(error.Errors).ToString());
    }

    [Theory]
    [InlineData(nameof(ServerTlsOptions.CrlFiles))]
    [InlineData(nameof(ServerTlsOptions.Groups))]
    public async Task Server_OptionThatTheProviderLacks_IsAnErrorAndTheOldOptionsStay(string option)
    {
        var before = new ServerTlsOptions { RootFiles = [TlsMaterial.RootFile] };
        await using var registry = new DestinationRegistry(_ => Options(before));
        var destination = registry.Get(Name);
        var error = Assert.Throws<InvalidOptionsException>(() => registry.Configure(_ => Options(With(new ServerTlsOptions(), option))));
        Assert.Equal($"[/svc/web].Tls.{option}: {option} needs the OpenSSL provider, which this build does not have.", Assert.Single(error.Errors).ToString());
        Assert.True(destination.Options.Tls!.IsSame(before));
    }

    [Fact]
    public void Certificate_OcspFile_IsAnErrorOnBothSides()
    {
        var files = TlsMaterial.Files("ok");
        files.OcspFile = "response.der";
        var error = Assert.Throws<InvalidOptionsException>(() => Proxy(new ListenerTlsOptions { Certificates = [files] }));
        Assert.Equal("Listeners[0].Tls.Certificates[0].OcspFile: OcspFile needs the OpenSSL provider, which this build does not have.", Assert.Single(error.Errors).ToString());
    }

    [Fact]
    public void Groups_WithNamesThatAreNone_AreNamed()
    {
        var tls = new ListenerTlsOptions { Certificates = [TlsMaterial.Files("ok")], Groups = ["X25519", "P 256", "?"] };
        var error = Assert.Throws<InvalidOptionsException>(() => Proxy(tls));
        Assert.Equal(["Listeners[0].Tls.Groups[1]", "Listeners[0].Tls.Groups[2]", "Listeners[0].Tls.Groups"], error.Errors.Select(static wrong => wrong.Path));
    }

    [Fact]
    public void IsSame_ListenerTls_LooksAtEveryOption() => Check<ListenerTlsOptions>(static (one, other) => one.IsSame(other));

    [Fact]
    public void IsSame_ServerTls_LooksAtEveryOption() => Check<ServerTlsOptions>(static (one, other) => one.IsSame(other));

    [Fact]
    public void IsSame_Files_LooksAtEveryOption() => Check<CertificateFiles>(static (one, other) => one.IsSame(other));

    // An option that is added later is found by itself.
    private static void Check<T>(Func<T, T, bool> isSame)
        where T : class, new()
    {
        Assert.True(isSame(new T(), new T()));
        foreach (var property in OptionsProbe.PropertiesOf(typeof(T)))
        {
            var changed = With(new T(), property.Name);
            Assert.True(isSame(changed, With(new T(), property.Name)), property.Name);
            Assert.False(isSame(new T(), changed), property.Name);
            Assert.False(isSame(changed, new T()), property.Name);
        }
    }

    private static T With<T>(T options, string option)
        where T : class
    {
        var property = typeof(T).GetProperty(option, BindingFlags.Instance | BindingFlags.Public)!;
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        property.SetValue(options, type switch
        {
            _ when type == typeof(string) => "other",
            _ when type == typeof(IReadOnlyList<string>) => new[] { "other" },
            _ when type == typeof(CertificateFiles) => new CertificateFiles { CertificateFile = "other" },
            _ when type == typeof(IReadOnlyList<CertificateFiles>) => new[] { new CertificateFiles { CertificateFile = "other" } },
            _ when type == typeof(bool) => true,
            _ when type == typeof(double) => 7.0,
            _ when type.IsEnum => Enum.ToObject(type, 1),
            _ => throw new InvalidOperationException($"There is no other value for {option}."),
        });
        return options;
    }

    private static TcpProxy Proxy(ListenerTlsOptions tls) =>
        new(new TcpProxyOptions { Listeners = [new(new IPEndPoint(IPAddress.Loopback, 0), Name) { Tls = tls }] }, new DestinationRegistry(new StaticResolver()));

    private static DestinationOptions Options(ServerTlsOptions tls) => new() { Resolver = new StaticResolver(), Tls = tls };
}
