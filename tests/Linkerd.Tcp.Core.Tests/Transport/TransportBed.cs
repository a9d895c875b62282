using System.Net;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

/// <summary>What one run of a transport test stands on.</summary>
public abstract class TransportBed : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _owned = [];

    public abstract ITransport Transport { get; }

    /// <summary>An address of its own on each call; port 0 where there are ports.</summary>
    public abstract EndPoint FreeAddress { get; }

    /// <summary>Addresses of this machine to connect from, other than the one that the system would choose, where there are any.</summary>
    public virtual IReadOnlyList<IPAddress> Sources => [];

    /// <summary>Whether there are RSTs, acknowledgements and addresses; Unix-domain sockets have none of them.</summary>
    public virtual bool IsTcp => true;

    /// <summary>More than the buffers between two ends can hold.</summary>
    public virtual int MoreThanFits => 32 << 20;

    /// <summary>How often a test of a race is repeated.</summary>
    public virtual int Rounds => 50;

    /// <summary>Handlers of connections and timers will throw, and are not to fail the run for it.</summary>
    public virtual void LetHandlersThrow()
    {
    }

    /// <summary>Starts a listener, and has accepts fail until told otherwise; null where an engine cannot be made to.</summary>
    public abstract Task<ITransportListener?> ListenInVainAsync(IConnectionHandler handler);

    /// <summary>An address that does not answer.</summary>
    public abstract Task<EndPoint> SilentAddressAsync();

    /// <summary>Runs an action where the connections do not live.</summary>
    public abstract Task RunElsewhereAsync(Action action);

    /// <summary>Lets a little time pass between two looks at a condition.</summary>
    public abstract Task PauseAsync();

    public async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await PauseAsync();
        }
    }

    /// <summary>Gives what was set off before the time to happen: as long as connecting and answering take.</summary>
    public async Task SettleAsync()
    {
        for (var i = 0; i < 3; i++)
        {
            var (one, other) = await PairAsync();
            await one.SendTextAsync("ping");
            Assert.Equal("ping", await other.ReadTextAsync(4));
        }
    }

    /// <summary>Waits until a sender whose peer does not read has filled every buffer on the way.</summary>
    public async Task UntilStuckAsync(TransportConnection sender)
    {
        for (var (looks, sent) = (0, -1L); looks < 20; looks++)
        {
            looks = sender.BytesSent == sent ? looks : 0;
            sent = sender.BytesSent;
            await PauseAsync();
        }
    }

    internal async Task<(ITransportListener Listener, RecordingHandler Handler)> ListenAsync(TransportListenOptions? options = null)
    {
        options ??= new TransportListenOptions();
        var listener = await Transport.ListenAsync(options.With(own => own.EndPoint = options.EndPoint ?? FreeAddress), TestContext.Current.CancellationToken);
        Own(listener);
        var handler = new RecordingHandler();
        listener.Start(handler);
        return (listener, handler);
    }

    public async Task<TransportConnection> ConnectAsync(EndPoint to, TransportConnectOptions? options = null)
    {
        var result = await Transport.ConnectAsync(to, options ?? new TransportConnectOptions(), TestContext.Current.CancellationToken);
        Assert.True(result.IsConnected, $"{result.Failure}: {result.Detail}");
        return Own(result.Connection);
    }

    /// <summary>Two ends of one connection: who connected, and who accepted.</summary>
    public async Task<(TransportConnection Connected, TransportConnection Accepted)> PairAsync(TcpOptions? tcp = null)
    {
        tcp ??= new TcpOptions();
        var (listener, handler) = await ListenAsync(new TransportListenOptions { Tcp = tcp });
        var connected = await ConnectAsync(listener.LocalEndPoint, new TransportConnectOptions { Tcp = tcp });
        return (connected, Own(await handler.NextAsync()));
    }

    /// <summary>As <see cref="PairAsync"/>, for the server's side of a copy, which may be another engine's.</summary>
    public virtual Task<(TransportConnection Connected, TransportConnection Accepted)> ServerPairAsync(TcpOptions? tcp = null) => PairAsync(tcp);

    public virtual async ValueTask DisposeAsync()
    {
        // Of a test that took too long, which may still run.
        var all = _owned.ToArray();
        foreach (var owned in all.Reverse())
        {
            (owned as TransportConnection)?.Abort();
            await owned.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    internal T Own<T>(T owned)
        where T : IAsyncDisposable
    {
        _owned.Add(owned);
        return owned;
    }
}
