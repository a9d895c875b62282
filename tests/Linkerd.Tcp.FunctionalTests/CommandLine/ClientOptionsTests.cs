using Linkerd.Tcp.Cli.CommandLine;
using Linkerd.Tcp.ProxyProtocol;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The options of the PROXY protocol and of the lists of clients, from the command line.</summary>
public sealed class ClientOptionsTests
{
    [Fact]
    public void Parse_TargetAlone_HasNoneOfThem()
    {
        var settings = Run();
        Assert.Equal((null, null, null), (settings.Server.AcceptProxy, settings.Server.AllowClients, settings.Server.DenyClients));
        Assert.Null(settings.Destination.SendProxy);
    }

    [Theory]
    [InlineData("v1", ProxyProtocolVersion.V1)]
    [InlineData("v2", ProxyProtocolVersion.V2)]
    public void Parse_AllOfThem_AreRead(string version, ProxyProtocolVersion expected)
    {
        var settings = Run("--accept-proxy", "10.0.0.0/8,2001:db8::/32", "--send-proxy", version, "--allow-client", "192.0.2.1", "--deny-client", "::ffff:10.0.0.0/104");
        Assert.Equal("10.0.0.0/8, 2001:db8::/32", settings.Server.AcceptProxy!.ToString());
        Assert.Equal(expected, settings.Destination.SendProxy!.Version);
        Assert.Equal(("192.0.2.1", "10.0.0.0/8"), (settings.Server.AllowClients!.ToString(), settings.Server.DenyClients!.ToString()));
    }

    [Theory]
    [InlineData("--accept-proxy", "10.0.0.0/33", "expected a prefix length from 0 to 32 behind the slash")]
    [InlineData("--accept-proxy", "10.0.0.0/8,", "expected a network such as 10.0.0.0/8 or 2001:db8::/32, or an address")]
    [InlineData("--accept-proxy", "lb.example", "expected a network such as 10.0.0.0/8 or 2001:db8::/32, or an address")]
    [InlineData("--allow-client", "10.0.0.1/8", "expected 10.0.0.0/8, or 10.0.0.1 for the one address")]
    [InlineData("--deny-client", "all", "expected a network such as 10.0.0.0/8 or 2001:db8::/32, or an address")]
    [InlineData("--send-proxy", "2", "expected v1, v2 or off")]
    public void Parse_Nonsense_IsAnErrorThatNamesIt(string option, string value, string expected)
    {
        var wrong = Assert.IsType<ParsedCommandLine.Wrong>(CommandLineParser.Parse([option, value, "/a"]));
        Assert.Contains(wrong.Errors, error => error.StartsWith($"{option} '{value}': ", StringComparison.Ordinal) && error.Contains(expected, StringComparison.Ordinal));
    }

    private static ParsedProxy Run(params string[] arguments) => ParsedProxy.Of([.. arguments, "/a"]);
}
