using System.Net;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>A proxy that is given another way to connect to servers while it runs.</summary>
public sealed class ApplyConnectPolicyTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Apply_TcpOptions_SetUpTheServerConnectionsOfNewSessions(bool hasOwnPolicy) => SimulatedProxy.RunAsync(async bed =>
    {
        var connects = Record(bed);
        if (hasOwnPolicy)
        {
            bed.Configure = options => options.With(own => own.Connect = new ConnectOptions());
        }

        var backend = await bed.AddBackendAsync();
        bed.Resolver.Update(Resolution.Pending.Instance);
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener()], Tcp = new() { KeepAliveTime = TimeSpan.FromSeconds(11) } });
        await bed.ConnectAsync();
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 1);
        await bed.Proxy.ApplyAsync(bed.Proxy.Options.With(own => own.Tcp = new() { KeepAliveTime = TimeSpan.FromSeconds(22) }), Cancelled);
        await bed.ConnectAsync();
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 2);
        await bed.Scheduler.RunElsewhereAsync(() => bed.Resolver.Update(EndpointSet.Create(backend.Address)));
        await bed.UntilAsync(() => backend.Accepted.Count == 2);

        // The first one has begun with the old ones, and connects with them.
        Assert.Equal([11, 22], connects.Options.Select(options => options.Tcp!.KeepAliveTime.TotalSeconds).Order());
    });

    [Fact]
    public Task Apply_ConnectPolicy_PreconnectsAreMadeAgainIfItDiffers() => SimulatedProxy.RunAsync(async bed =>
    {
        var connects = Record(bed);
        bed.Configure = options => options.With(own => own.Preconnect = new() { Connections = 3, MaxIdle = TimeSpan.FromHours(1) });
        var backend = await bed.StartAsync(bed.NewListener());
        await bed.UntilAsync(() => backend.Accepted.Count == 3);

        // Read again, without a change; and a change that means nothing to them.
        await bed.Proxy.ApplyAsync(bed.Proxy.Options, Cancelled);
        await bed.Proxy.ApplyAsync(bed.Proxy.Options.With(own => own.MaxSessions = 100), Cancelled);
        await bed.DelayAsync(2_000);
        Assert.Equal(3, backend.Accepted.Count);

        await bed.Scheduler.RunElsewhereAsync(() => bed.Proxy.ApplyAsync(bed.Proxy.Options.With(own => own.Tcp = new() { KeepAliveTime = TimeSpan.FromSeconds(22) }), Cancelled).Wait(Cancelled));
        await bed.UntilAsync(() => backend.Accepted.Count == 6);
        Assert.All(connects.Options.Skip(3), options => Assert.Equal(22, options.Tcp!.KeepAliveTime.TotalSeconds));
        Assert.All(backend.Accepted.Take(3), connection => Assert.True(connection.HasPeerClosed || connection.IsReset));
    });

    private static RecordingTransport Record(SimulatedProxy bed)
    {
        RecordingTransport recording = new(bed.ProxyHost);
        bed.Carry = _ => recording;
        return recording;
    }

    /// <summary>Notes how connections are made.</summary>
    private sealed class RecordingTransport(ITransport inner) : ITransport
    {
        public List<TransportConnectOptions> Options { get; } = [];

        public string Name => inner.Name;

        public ValueTask<ITransportListener> ListenAsync(TransportListenOptions options, CancellationToken cancellationToken) => inner.ListenAsync(options, cancellationToken);

        public ValueTask<ConnectResult> ConnectAsync(EndPoint to, TransportConnectOptions options, CancellationToken cancellationToken)
        {
            Options.Add(options);
            return inner.ConnectAsync(to, options, cancellationToken);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
