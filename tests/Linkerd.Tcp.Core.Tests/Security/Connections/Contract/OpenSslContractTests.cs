using System.Security.Authentication;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Connections;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;

namespace Linkerd.Tcp.Tests.Security.Connections.Contract;

/// <summary>The contract for libssl, which is under the engine's own connections.</summary>
public abstract class OpenSslContractTests(SslProtocols version) : TlsContractTests(version)
{
    private protected override bool SendsAlertsToRefusedPeers => true;

    private protected override bool KeepsSessionAtRenegotiation => true;

    private protected override TlsAcceptor MakeAcceptor(ListenerTlsOptions options)
    {
        options.Provider = TlsProviderKind.OpenSsl;
        return base.MakeAcceptor(options);
    }

    private protected override TlsConnector MakeConnector(ServerTlsOptions options, DstPath name)
    {
        options.Provider = TlsProviderKind.OpenSsl;
        return base.MakeConnector(options, name);
    }

    private protected override TransportConnection BelowTls(TransportConnection connection, int maxReceive) => connection;

    protected override Task RunAsync(Func<TransportBed, Task> test) => RunOnAsync(new EpollTransport(new TransportOptions { Loops = 2 }), test);
}

public sealed class OpenSslTls13ContractTests() : OpenSslContractTests(SslProtocols.Tls13);

public sealed class OpenSslTls12ContractTests() : OpenSslContractTests(SslProtocols.Tls12);
