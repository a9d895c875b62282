using System.Runtime.InteropServices;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Native;
using Linkerd.Tcp.Tests.Security.Certificates;
using Xunit;
using static Linkerd.Tcp.Tests.Security.Certificates.IdentityFixture;
using static Linkerd.Tcp.Tests.Security.OpenSsl.OpenSslBed;

namespace Linkerd.Tcp.Tests.Security.OpenSsl;

/// <summary>OCSP responses from files.</summary>
public sealed unsafe class OcspStaplingTests : IDisposable
{
    private const int ControlStatusCallback = 63;
    private const int ControlStatusType = 65;
    private const int ControlGetResponse = 70;
    private const int Ocsp = 1;

    // OCSPResponse: SEQUENCE, ENUMERATED successful, responseBytes [0].
    private static readonly byte[] Response = [0x30, 0x06, 0x0a, 0x01, 0x00, 0xa0, 0x01, 0x00];

    [ThreadStatic]
    private static byte[]? Stapled;

    private readonly OpenSslBed _bed = new();

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Handshake_Response_IsStapledIfAskedFor(bool hasResponse, bool isAskedFor)
    {
        var files = Write(hasResponse ? Response : null);
        var identity = IdentityLoader.Load(files, IdentityPurpose.Server, Now).Loaded!;
        var current = Current(identity);
        using var server = _bed.Server(current);
        var side = SideOf(_bed.Client());
        delegate* unmanaged<nint, nint, int> take = &Take;
        LibSsl.SSL_CTX_callback_ctrl(side.Context.Handle, ControlStatusCallback, take);
        side.Context.Control(ControlStatusType, isAskedFor ? Ocsp : -1);
        Stapled = null;

        OpenSslPair.Connect(SideOf(server, current), side);

        Assert.Equal(hasResponse && isAskedFor ? Response : null, Stapled);
    }

    [Fact]
    public void Load_WhatIsNoResponse_IsAnError()
    {
        Assert.Equal("an OCSP response in DER was expected", Fail([0x30, 0x03, 0x02, 0x01, 0x00]));
        Assert.Equal("an OCSP response in DER was expected", Fail(Response[..^1]));
        Assert.Equal("an OCSP response in DER was expected, not PEM", Fail("-----BEGIN OCSP RESPONSE-----"u8.ToArray()));
        Assert.Equal("a successful OCSP response was expected, not one with the status tryLater", Fail([0x30, 0x03, 0x0a, 0x01, 0x03]));
        Assert.Equal("a successful OCSP response was expected, not one with the status unauthorized", Fail([0x30, 0x03, 0x0a, 0x01, 0x06]));
        Assert.Equal("bytes follow the OCSP response", Fail([.. Response, 0]));
        Assert.Equal("it is empty", Fail([]));
    }

    [Fact]
    public void Watch_ResponseChanges_IsANewIdentity()
    {
        var files = Write(Response);
        using var watch = new CertificateWatch(new() { Identities = [files], IsOpenSsl = true }, _bed.Services);
        var before = watch.Current.Identities!.Default;

        byte[] renewed = [0x30, 0x06, 0x0a, 0x01, 0x00, 0xa0, 0x01, 0x01];
        Replace(renewed);

        Assert.Equal(renewed, watch.Current.Identities!.Default.OcspResponse);
        Assert.Equal(before.Thumbprint, watch.Current.Identities.Default.Thumbprint);

        Replace([1, 2, 3]);
        Assert.Equal(renewed, watch.Current.Identities!.Default.OcspResponse);
        Assert.Equal($"{files.OcspFile}: an OCSP response in DER was expected", watch.Slots.Single().Problem!.Message);
    }

    public void Dispose() => _bed.Dispose();

    [UnmanagedCallersOnly]
    private static int Take(nint ssl, nint argument)
    {
        byte* response;
        var length = (int)LibSsl.SSL_ctrl(ssl, ControlGetResponse, 0, &response);
        Stapled = length > 0 ? new ReadOnlySpan<byte>(response, length).ToArray() : null;
        return 1;
    }

    private CertificateFiles Write(byte[]? response)
    {
        _bed.Directory.Write("tls.pem", Bundle(new(Host)));
        if (response is not null)
        {
            File.WriteAllBytes(_bed.Directory["ocsp.der"], response);
        }

        return new CertificateFiles { CertificateFile = _bed.Directory["tls.pem"], OcspFile = response is null ? null : _bed.Directory["ocsp.der"] };
    }

    private string Fail(byte[] response)
    {
        var files = Write(response);
        var (loaded, problem) = IdentityLoader.Load(files, IdentityPurpose.Server, Now);
        Assert.Null(loaded);
        Assert.Equal("OcspFile", problem!.Option);
        Assert.StartsWith($"{files.OcspFile}: ", problem.Message, StringComparison.Ordinal);
        return problem.Message[(files.OcspFile!.Length + 2)..];
    }

    private void Replace(byte[] response)
    {
        File.WriteAllBytes(_bed.Directory["new"], response);
        LibC.Rename(_bed.Directory["new"], _bed.Directory["ocsp.der"]);
        for (var i = 0; i < 6; i++)
        {
            _bed.Time.Advance(TimeSpan.FromSeconds(0.5));
        }
    }
}
