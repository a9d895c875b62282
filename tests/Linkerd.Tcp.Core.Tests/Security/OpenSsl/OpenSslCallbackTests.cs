using System.Runtime.CompilerServices;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.OpenSsl;
using Xunit;
using static Linkerd.Tcp.Tests.Security.Certificates.IdentityFixture;
using static Linkerd.Tcp.Tests.Security.OpenSsl.OpenSslBed;

namespace Linkerd.Tcp.Tests.Security.OpenSsl;

/// <summary>Exceptions in the callbacks of OpenSSL: the handshake fails with their message, and the process goes on.</summary>
public sealed class OpenSslCallbackTests : IDisposable
{
    private static readonly TlsIdentity Identity = Load(new(Host));
    private readonly OpenSslBed _bed = new();

    [Fact]
    public void Verify_Throws_PeerIsRefusedWithTheMessage()
    {
        var current = Current(Identity);
        using var server = _bed.Server(current);
        var faulty = new FaultySide(SideOf(_bed.Client()));
        using (var pair = new OpenSslPair(SideOf(server, current), faulty))
        {
            Assert.False(pair.Handshake());
            Assert.Equal(new PeerVerdict(PeerFailure.Invalid, "it cannot be verified: a fault of the test"), faulty.Refusal.Verdict);
            Assert.EndsWith("certificate verify failed", pair.Client.Error, StringComparison.Ordinal);
        }

        OpenSslPair.Connect(SideOf(server, current), SideOf(_bed.Client()));
    }

    [Fact]
    public void SelectProtocol_Throws_HandshakeFailsWithTheMessage()
    {
        var current = Current(Identity);
        using var server = _bed.Server(current, new ListenerTlsOptions { ApplicationProtocols = ["h2"] });
        var side = SideOf(server, current);
        using (var pair = new OpenSslPair(side, SideOf(_bed.Client(), protocols: ["h2"])))
        {
            ServerOf(side.Shared) = null!;
            Assert.False(pair.Handshake());
            Assert.Equal("the application protocol cannot be chosen: NullReferenceException: Object reference not set to an instance of an object.", pair.Server.Error);
            Assert.EndsWith("tlsv1 alert no application protocol", pair.Client.Error, StringComparison.Ordinal);
        }

        // The next failure of this thread has a message of its own.
        ServerOf(side.Shared) = server;
        using var next = new OpenSslPair(SideOf(server, current), SideOf(_bed.Client(), protocols: ["h3"]));
        Assert.False(next.Handshake());
        Assert.EndsWith("no application protocol", next.Server.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _bed.Dispose();

    // Nothing from outside makes the choice throw: a fault of the code would.
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<Server>k__BackingField")]
    private static extern ref OpenSslServer ServerOf(OpenSslServerContext context);

    private sealed class FaultySide(OpenSslSide side) : OpenSslSide
    {
        public override OpenSslContext Context => side.Context;

        public override bool IsServer => side.IsServer;

        public override void Configure(nint ssl) => side.Configure(ssl);

        public override PeerVerdict Verify(nint verification) => throw new InvalidOperationException("a fault of the test");
    }
}
