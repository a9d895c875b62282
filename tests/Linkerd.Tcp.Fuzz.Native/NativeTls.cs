using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Security.Connections;
using Linkerd.Tcp.Security.OpenSsl;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Fuzz.Native;

/// <summary>A listener, or a destination, with the certificate server.pem and its key server.key of the current folder, which is its own authority.</summary>
internal abstract class NativeTls : IDisposable
{
    private const string Name = "server.example.com";
    private const string File = "server.pem";
    private static readonly string[] Protocols = ["h2", "http/1.1"];
    private static readonly CertificateServices Services = new(TimeProvider.System, NullLogger.Instance);

    /// <summary>Creates the side of one handshake.</summary>
    public abstract OpenSslSide CreateSide();

    public abstract void Dispose();

    private static CertificateFiles Files() => new() { CertificateFile = File, KeyFile = "server.key" };

    /// <summary>A listener; it may ask clients for their certificate.</summary>
    public sealed class Listener : NativeTls
    {
        private readonly CertificateWatch _certificates;
        private readonly OpenSslServer _server;

        public Listener(bool asksClients)
        {
            var options = new ListenerTlsOptions { Certificates = [Files()], ApplicationProtocols = Protocols };
            if (asksClients)
            {
                (options.ClientCertificates, options.ClientRootFiles) = (ClientCertificateMode.Require, [File]);
            }

            _certificates = new(new() { Identities = options.Certificates, RootFiles = options.ClientRootFiles, IsOpenSsl = true, Purpose = IdentityPurpose.Server }, Services);
            _server = new(options, _certificates.Current, Services, string.Empty);
        }

        public override OpenSslSide CreateSide() => _server.SideFor(_certificates.Current, Name, new PeerRefusal());

        public override void Dispose()
        {
            _server.Dispose();
            _certificates.Dispose();
        }
    }

    /// <summary>The servers of a destination, which are verified.</summary>
    public sealed class Servers : NativeTls
    {
        private readonly CertificateWatch _certificates;
        private readonly OpenSslClient _client;
        private readonly PeerName[] _names = TlsText.ParseNames([Name]);

        public Servers()
        {
            var options = new ServerTlsOptions { Certificate = Files(), RootFiles = [File], ServerName = Name };
            _certificates = new(TlsClientOptions.SourcesOf(options, string.Empty, isOpenSsl: true), Services);
            _client = new(options, _certificates.Current, Services.TimeProvider, string.Empty);
        }

        public override OpenSslSide CreateSide() => _client.SideFor(_certificates.Current, null, Name, _names, Protocols, new PeerRefusal());

        public override void Dispose() => _certificates.Dispose();
    }
}
