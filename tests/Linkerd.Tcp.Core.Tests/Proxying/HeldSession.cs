using System.Net;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

/// <summary>A copy whose server connection may be replaced, and where the replacement comes from.</summary>
internal sealed class HeldSession : IServerReplacement
{
    private readonly TransportBed _bed;
    private readonly EndPoint _freshAddress;
    private readonly RecordingHandler _freshAccepted;
    private readonly DuplexCompletion _completion = new();
    private readonly TaskCompletionSource _asked = new();
    private readonly TaskCompletionSource _mayConnect = new();

    private HeldSession(TransportBed bed, (TransportConnection, TransportConnection) client, (TransportConnection, TransportConnection) server, EndPoint freshAddress, RecordingHandler freshAccepted)
    {
        (_bed, _freshAddress, _freshAccepted) = (bed, freshAddress, freshAccepted);
        (Client, ClientSide) = client;
        (ServerSide, Server) = server;
    }

    public TransportConnection Client { get; }

    public TransportConnection ClientSide { get; }

    /// <summary>The connection that may be replaced.</summary>
    public TransportConnection ServerSide { get; }

    /// <summary>Its other end.</summary>
    public TransportConnection Server { get; }

    public DuplexControl Control { get; } = new();

    public Task<DuplexResult> Running { get; private set; } = null!;

    public int TimesAsked { get; private set; }

    /// <summary>The fresh connection, once there is one.</summary>
    public TransportConnection? Fresh { get; private set; }

    /// <summary>What a replacement fails with; null: it does not.</summary>
    public CloseReason? Refusal { get; set; }

    public Exception? Fault { get; set; }

    public CancellationToken Cancellation { get; private set; }

    public Task Asked => _asked.Task;

    public static async Task<HeldSession> StartAsync(TransportBed bed, DuplexOptions? options = null, bool waits = false)
    {
        var session = await PrepareAsync(bed);
        if (!waits)
        {
            session.LetConnect();
        }

        session.Start(options);
        return session;
    }

    public static async Task<HeldSession> PrepareAsync(TransportBed bed) => await PrepareAsync(bed, await bed.PairAsync(), await bed.ServerPairAsync());

    /// <param name="bed">Where a fresh connection comes from.</param>
    /// <param name="client">The client, and the proxy's side of its connection.</param>
    /// <param name="server">The proxy's side of the connection that may be replaced, and its server.</param>
    public static async Task<HeldSession> PrepareAsync(TransportBed bed, (TransportConnection, TransportConnection) client, (TransportConnection, TransportConnection) server)
    {
        var (listener, accepted) = await bed.ListenAsync();
        return new HeldSession(bed, client, server, listener.LocalEndPoint, accepted);
    }

    public void Start(DuplexOptions? options)
    {
        Running = _completion.Task.AsTask();
        new DuplexProxy(options, RandomSource.Seeded(1)).Start(ClientSide, ServerSide, Control, _completion, this);
    }

    /// <summary>A replacement need not wait any longer, and goes on here and now: on the thread pool it would take real time, in which virtual time runs.</summary>
    public void LetConnect()
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        _mayConnect.TrySetResult();
        SynchronizationContext.SetSynchronizationContext(context);
    }

    /// <summary>The server's end of the fresh connection.</summary>
    public async Task<TransportConnection> FreshServerAsync() => _bed.Own(await _freshAccepted.NextAsync());

    public async ValueTask<ServerReplacement> ReplaceAsync(CancellationToken cancellationToken)
    {
        TimesAsked++;
        Cancellation = cancellationToken;
        _asked.TrySetResult();
        await _mayConnect.Task.ConfigureAwait(false);
        if (Fault is { } fault)
        {
            throw fault;
        }

        if (Refusal is { } reason)
        {
            return new(null, reason);
        }

        // As a connect that was done before it could be cancelled.
        var connected = await _bed.Transport.ConnectAsync(_freshAddress, new TransportConnectOptions(), CancellationToken.None).ConfigureAwait(false);
        Fresh = connected.Connection;
        return new(connected.Connection, default);
    }

    /// <summary>Waits for the end, and checks what holds for every end.</summary>
    public async Task<DuplexResult> EndAsync(string reason, long up, long down)
    {
        var result = await Running;
        Assert.Equal(reason, result.Reason.ToString());
        Assert.Equal((up, down), (result.BytesFromClient, result.BytesFromServer));
        var server = Fresh ?? ServerSide;
        Assert.Equal(
            (ClientSide.BytesReceived, server.BytesSent, server.BytesReceived, ClientSide.BytesSent),
            (result.BytesFromClient, result.BytesToServer, result.BytesFromServer, result.BytesToClient));
        Assert.Equal(
            (Control.BytesFromClient, Control.BytesToServer, Control.BytesFromServer, Control.BytesToClient),
            (result.BytesFromClient, result.BytesToServer, result.BytesFromServer, result.BytesToClient));
        Assert.False(Control.TryEnd(new CloseReason(ClosedBy.Operator, ClosePhase.Data)));
        return result;
    }
}
