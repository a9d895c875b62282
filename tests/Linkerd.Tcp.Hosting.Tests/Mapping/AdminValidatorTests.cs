using System.Net;
using Linkerd.Tcp.Hosting.Mapping;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Hosting.Tests;

public sealed class AdminValidatorTests : IDisposable
{
    private static readonly ConfigurationTable Table = new(new InterpreterKinds());
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Validate_Defaults_HasNoErrors() => Assert.Empty(ErrorsOf(new AdminConfiguration()));

    [Fact]
    public void Validate_OffLoopbackWithoutTls_IsAnError() =>
        Assert.Contains("10.0.0.1 is no loopback address", Assert.Single(ErrorsOf(new AdminConfiguration { Ip = IPAddress.Parse("10.0.0.1") }), static error => error.Path == "tls").Message, StringComparison.Ordinal);

    [Fact]
    public void Validate_OffLoopbackWithTls_HasNoErrors() => Assert.Empty(ErrorsOf(new AdminConfiguration { Ip = IPAddress.Any, Tls = new IdentityConfiguration { Certs = ["a.pem"] } }));

    [Fact]
    public void Validate_ResponseToStaple_IsAnErrorAsItsServerStaplesNone() => Assert.Equal(
        "tls.ocspFile: off, as the admin server staples no response, was expected, not 'a.der'.",
        Assert.Single(ErrorsOf(new AdminConfiguration { Tls = new IdentityConfiguration { Certs = ["a.pem"], OcspFile = "a.der" } })).ToString());

    [Fact]
    public void Validate_SeveralErrors_AreAllThere() => Assert.Equal(
        ["port", "hosts", "tls", "openLoopback", "tokenFile"],
        ErrorsOf(new AdminConfiguration { Ip = IPAddress.IPv6Any, Port = -1, Hosts = ["a b"], OpenLoopback = true, TokenFile = "/nowhere/token" }).Select(static error => error.Path));

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("a token with spaces in it")]
    public void Validate_TokenThatIsNone_IsAnErrorWithoutIt(string token)
    {
        File.WriteAllText(_file, token);
        var error = Assert.Single(ErrorsOf(new AdminConfiguration { TokenFile = _file }));
        Assert.Equal($"{_file}: a token of 16 to 1024 visible ASCII characters was expected, on one line", error.Message);
    }

    [Fact]
    public void Read_TokenWithAnEndOfLine_IsWithoutIt()
    {
        File.WriteAllText(_file, "0123456789abcdef\n");
        Assert.Equal("0123456789abcdef", AdminTokenFile.Read(_file));
    }

    [Theory]
    [InlineData("9990", "127.0.0.1:9990")]
    [InlineData(":9990", "127.0.0.1:9990")]
    [InlineData("[::1]:0", "[::1]:0")]
    [InlineData("10.0.0.1:1", "10.0.0.1:1")]
    [InlineData("unix:/run/a.sock", "unix:/run/a.sock")]
    public void ParseArgument_Address_IsWritten(string text, string expected)
    {
        var admin = new AdminConfiguration();
        var row = Table.Options.Single(static option => option.Argument == "admin");
        row.ParseArgument(admin, text);
        Assert.Equal(expected, row.PrintArgument(admin));
    }

    [Theory]
    [InlineData("unix:")]
    [InlineData("localhost:80")]
    [InlineData("unix:/12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567")]
    public void ParseArgument_NoAddress_Throws(string text) =>
        Assert.Throws<InvalidValueException>(() => Table.Options.Single(static option => option.Argument == "admin").ParseArgument(new AdminConfiguration(), text));

    [Fact]
    public void Parse_EachDefault_IsAsIfNothingWasSaid()
    {
        var keyed = Table.Of(typeof(AdminConfiguration)).Where(static option => option.Key is not null).ToList();
        var (said, nothing) = (new AdminConfiguration(), new AdminConfiguration());
        foreach (var option in keyed.Where(static option => !option.Default.Contains(' ') && option.Key != "metricsIntervalSecs"))
        {
            option.Parse(said, option.Default);
        }

        Assert.All(keyed, option => Assert.Equal(option.Print(nothing), option.Print(said)));
        Assert.Equal((null, null), (said.Socket, said.TokenFile));
    }

    private static IReadOnlyList<OptionsError> ErrorsOf(AdminConfiguration admin)
    {
        var validator = new OptionsValidator();
        AdminValidator.Validate(admin, Table, validator);
        try
        {
            validator.ThrowIfInvalid(null);
            return [];
        }
        catch (InvalidOptionsException invalid)
        {
            return invalid.Errors;
        }
    }
}
