using System.Net;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Tests.Transport;

/// <summary>Two engines over real sockets: one for the client's side of a copy, one for the server's.</summary>
internal sealed class PairingBed(IPAddress address, ITransport clientEngine, ITransport serverEngine) : SocketBed(address, clientEngine)
{
    private readonly SocketBed _serverBed = new(address, serverEngine);

    public override Task<(TransportConnection Connected, TransportConnection Accepted)> ServerPairAsync(TcpOptions? tcp = null) => _serverBed.PairAsync(tcp);

    public override async ValueTask DisposeAsync()
    {
        await _serverBed.DisposeAsync();
        await base.DisposeAsync();
    }
}
