using Linkerd.Tcp.Security.Hello;
using Xunit;
using static Linkerd.Tcp.Tests.Security.ClientHelloReaderTests;
using static Linkerd.Tcp.Tests.Security.HelloBuilder;

namespace Linkerd.Tcp.Tests.Security;

/// <summary>What a ClientHello says, and what it must not.</summary>
public sealed class ClientHelloParserTests
{
    [Fact]
    public void Read_NoExtensions_HasNothing()
    {
        foreach (var hello in new[] { new HelloBuilder { Extensions = null }, new HelloBuilder() })
        {
            var read = Done(hello.Bytes());
            Assert.Equal((null, TlsVersions.Tls12, false), (read.ServerName, read.Versions, read.HasEncryptedHello));
            Assert.Empty(read.ApplicationProtocols);
        }
    }

    [Theory]
    [InlineData(0x0300, TlsVersions.Ssl3)]
    [InlineData(0x0301, TlsVersions.Tls10)]
    [InlineData(0x0302, TlsVersions.Tls11)]
    [InlineData(0x0303, TlsVersions.Tls12)]
    [InlineData(0x0304, TlsVersions.Tls12)]
    [InlineData(0x7F12, TlsVersions.Tls12)]
    [InlineData(0xFFFF, TlsVersions.Tls12)]
    public void Read_VersionWithoutExtension_IsTheHighestUpTo12(int version, object expected) =>
        Assert.Equal((TlsVersions)expected, Done(new HelloBuilder { Version = version }.Bytes()).Versions);

    [Theory]
    [InlineData(0x0000)]
    [InlineData(0x0002)]
    [InlineData(0x02FF)]
    public void Read_VersionBeforeSsl3_IsRefused(int version) =>
        Assert.Equal((ClientHelloStatus.Malformed, TlsAlert.ProtocolVersion), Refusal(new HelloBuilder { Version = version }.Bytes()));

    [Fact]
    public void Read_Grease_IsPassedOver()
    {
        int[] grease = [.. Enumerable.Range(0, 16).Select(i => (0x0A0A * 1) + (i * 0x1010))];
        var hello = new HelloBuilder { CipherSuites = [.. grease, 0x1301] }.WithVersions([.. grease, 0x0304, .. grease]);
        foreach (var type in grease)
        {
            hello.With(type, type % 3 == 0 ? [] : [0]);
        }

        var read = Done(hello.WithName("www.example.com").WithProtocols("\x0A\x0A", "h2", "\xFA\xFA").Bytes());
        Assert.Equal(("www.example.com", TlsVersions.Tls13), (read.ServerName, read.Versions));
        Assert.Equal(["\x0A\x0A", "h2", "\xFA\xFA"], read.ApplicationProtocols);
    }

    [Fact]
    public void Read_EncryptedHello_IsNoticedAndTheOuterNameCounts()
    {
        var read = Done(new HelloBuilder().With(0xFE0D, 0, 0, 1, 0, 1).WithName("outer.example").Bytes());
        Assert.Equal(("outer.example", true), (read.ServerName, read.HasEncryptedHello));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    [InlineData(0x5A5A)]
    [InlineData(0xFFFF)]
    [InlineData(0xFE0D)]
    public void Read_ExtensionTwice_IsIllegal(int type)
    {
        byte[] data = type switch { 0 => NameData([97]), 16 => Long(Short([97])), _ => [] };
        var result = Read(new HelloBuilder().With(type, data).With(1, 1).With(type, data).Bytes());
        Assert.Equal((ClientHelloStatus.Malformed, TlsAlert.IllegalParameter), (result.Status, result.Alert));
        Assert.Equal($"the ClientHello has the extension {type} twice", result.Error);
    }

    [Fact]
    public void Read_EveryTypeOfExtensionOnce_IsNoDuplicate()
    {
        var hello = new HelloBuilder().WithName("www.example.com").WithVersions(0x0304).WithProtocols("h2");
        for (var type = 1; type < 16_000; type++)
        {
            hello.With((type * 4) + 1);
        }

        Assert.Equal("www.example.com", Done(hello.Bytes()).ServerName);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("0000")]
    [InlineData("0001 00")]
    [InlineData("0003 026832 00")]
    [InlineData("0004 026832")]
    [InlineData("0003 036832")]
    [InlineData("0004 02683200")]
    public void Read_ProtocolsThatDoNotAddUp_AreRefused(string data) => AssertDecodeError(16, data, "application_layer_protocol_negotiation");

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("01 03")]
    [InlineData("03 030403")]
    [InlineData("02 03")]
    [InlineData("02 0304 00")]
    public void Read_VersionsThatDoNotAddUp_AreRefused(string data) => AssertDecodeError(43, data, "supported_versions");

    [Fact]
    public void Read_FieldsThatDoNotAddUp_AreRefused()
    {
        AssertRefused(Long([]), "version and random");
        AssertRefused(new HelloBuilder().Body()[..33], "version and random");
        AssertRefused(new HelloBuilder { SessionId = new byte[33] }.Body(), "session ID");
        AssertRefused(new HelloBuilder().Body()[..34], "session ID");
        AssertRefused(new HelloBuilder { CipherSuites = [] }.Body(), "list of cipher suites");
        AssertRefused(new HelloBuilder { Compressions = [] }.Body(), "list of compression methods");
        AssertRefused([.. new HelloBuilder { Extensions = null }.Body(), 0], "list of extensions");
        AssertRefused([.. new HelloBuilder { Extensions = null }.Body(), 0, 1], "list of extensions");
        AssertRefused([.. new HelloBuilder { Extensions = null }.Body(), 0, 3, 0, 1, 0], "list of extensions");
        AssertRefused([.. new HelloBuilder().Body(), 0], "list of extensions");
        AssertRefused([.. new HelloBuilder { Extensions = null }.Body(), .. Long([0x5A, 0x5A, 0, 1])], "list of extensions");

        byte[] odd = [.. new HelloBuilder { CipherSuites = [1], Extensions = null }.Body()[..35], 0, 3, 1, 2, 3, 1, 0];
        AssertRefused(odd, "list of cipher suites");
    }

    [Fact]
    public void Read_EveryPrefixOfABody_IsRefusedOrWithoutExtensions()
    {
        var body = new HelloBuilder().WithName("www.example.com").WithVersions(0x0304).Body();
        var withoutExtensions = new HelloBuilder { Extensions = null }.Body().Length;
        for (var length = 0; length < body.Length; length++)
        {
            var result = Read(Records(Message(body[..length]), 100));
            Assert.Equal(length == withoutExtensions ? ClientHelloStatus.Done : ClientHelloStatus.Malformed, result.Status);
        }
    }

    private static void AssertDecodeError(int type, string data, string words)
    {
        var result = Read(new HelloBuilder().With(type, Convert.FromHexString(data.Replace(" ", "", StringComparison.Ordinal))).Bytes());
        Assert.Equal((ClientHelloStatus.Malformed, TlsAlert.DecodeError), (result.Status, result.Alert));
        Assert.Contains(words, result.Error, StringComparison.Ordinal);
    }

    private static void AssertRefused(byte[] body, string words)
    {
        var result = Read(Record(Message(body)));
        Assert.Equal((ClientHelloStatus.Malformed, TlsAlert.DecodeError), (result.Status, result.Alert));
        Assert.Equal($"the {words} of the ClientHello is cut short, or of a wrong length", result.Error);
    }
}
