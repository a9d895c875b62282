using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

/// <summary>A copy that runs between two pairs of connections: the test's own ends, and the proxy's two sides.</summary>
internal sealed class DuplexSession
{
    private DuplexSession(TransportConnection client, TransportConnection clientSide, TransportConnection serverSide, TransportConnection server)
    {
        (Client, ClientSide, ServerSide, Server) = (client, clientSide, serverSide, server);
    }

    public TransportConnection Client { get; }

    public TransportConnection ClientSide { get; }

    public TransportConnection ServerSide { get; }

    public TransportConnection Server { get; }

    public DuplexControl Control { get; } = new();

    public Task<DuplexResult> Running { get; private set; } = null!;

    public long StartedAt { get; private set; }

    public TimeProvider Clock => ClientSide.Executor.TimeProvider;

    public static async Task<DuplexSession> StartAsync(TransportBed bed, DuplexOptions? options = null, TcpOptions? tcp = null)
    {
        var session = await PrepareAsync(bed, tcp);
        session.Start(new DuplexProxy(options, RandomSource.Seeded(1)));
        return session;
    }

    public static async Task<DuplexSession> PrepareAsync(TransportBed bed, TcpOptions? tcp = null)
    {
        var (client, clientSide) = await bed.PairAsync(tcp);
        var (serverSide, server) = await bed.ServerPairAsync(tcp);
        return new DuplexSession(client, clientSide, serverSide, server);
    }

    public void Start(DuplexProxy proxy)
    {
        StartedAt = Clock.GetTimestamp();
        Running = proxy.RunAsync(ClientSide, ServerSide, Control).AsTask();
    }

    /// <summary>Waits for the end, and checks what holds for every end.</summary>
    /// <param name="reason">The close reason; several are separated by a bar, where the order of two events decides.</param>
    public async Task<DuplexResult> EndAsync(string reason)
    {
        var result = await Running;
        Assert.Contains(result.Reason.ToString(), reason.Split('|'));
        Assert.Equal(result.Reason, Control.Reason);
        Assert.Equal(
            (ClientSide.BytesReceived, ServerSide.BytesSent, ServerSide.BytesReceived, ClientSide.BytesSent),
            (result.BytesFromClient, result.BytesToServer, result.BytesFromServer, result.BytesToClient));
        Assert.Equal(
            (Control.BytesFromClient, Control.BytesToServer, Control.BytesFromServer, Control.BytesToClient),
            (result.BytesFromClient, result.BytesToServer, result.BytesFromServer, result.BytesToClient));
        Assert.InRange(result.BytesToServer, 0, result.BytesFromClient);
        Assert.InRange(result.BytesToClient, 0, result.BytesFromServer);
        Assert.False(Control.TryEnd(new CloseReason(ClosedBy.Operator, ClosePhase.Data)));
        return result;
    }

    /// <summary>As <see cref="EndAsync"/>, and every byte that was received was sent.</summary>
    public async Task<DuplexResult> EndWholeAsync(string reason, long up, long down)
    {
        var result = await EndAsync(reason);
        Assert.Equal((up, up, down, down), (result.BytesFromClient, result.BytesToServer, result.BytesFromServer, result.BytesToClient));
        return result;
    }
}
