using System.Net;
using System.Text;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Tests.Security.Connections.Contract;
using Linkerd.Tcp.Tests.Serving;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Sessions;

/// <summary>Handshakes that fail, in virtual time.</summary>
public sealed class TlsPreludeTests
{
    private static ClientNetworks Everybody => new(IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("::/0"));

    [Fact]
    public Task Rate_MoreHandshakesThanItOfAClient_AreResetInTheirOwnWord() => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(Listener(bed, rate: 2));
        for (var i = 0; i < 2; i++)
        {
            await FailAsync(await bed.ConnectAsync());
        }

        await bed.ConnectRefusedAsync();
        await FailAsync(await bed.ConnectAsync(bed.ClientAt("10.9.9.9")));
        await bed.UntilAsync(() => bed.Closed("PA:tls") == 3 && bed.Closed("PA:tls_rate") == 1);
        Assert.Equal((1, 1, 3), (bed.Refused("tls_rate"), Failures(bed, "rate"), Failures(bed, "protocol")));

        await bed.DelayAsync(1000);
        await FailAsync(await bed.ConnectAsync());
        await bed.UntilAsync(() => bed.Closed("PA:tls") == 4);
    });

    [Fact]
    public Task Rate_BehindAProxyThatNamesClients_IsOfTheClient() => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(Listener(bed, rate: 1).With(own => own.AcceptProxy = new() { Trusted = Everybody }));
        for (var i = 0; i < 3; i++)
        {
            await FailAsync(await bed.ConnectAsync(), $"PROXY TCP4 192.0.2.{i} 198.51.100.7 4711 443\r\n");
        }

        var client = await bed.ConnectAsync();
        await client.SendAsync(Encoding.ASCII.GetBytes("PROXY TCP4 192.0.2.1 198.51.100.7 4712 443\r\n"));
        await SimulatedProxy.ExpectResetAsync(client);
        await bed.UntilAsync(() => bed.Closed("PA:tls") == 3 && bed.Closed("PA:tls_rate") == 1);
    });

    [Fact]
    public Task Rate_OptionsChange_TheBucketsStay() => SimulatedProxy.RunAsync(async bed =>
    {
        var listener = Listener(bed, rate: 1);
        await bed.StartAsync(listener);
        await FailAsync(await bed.ConnectAsync());
        listener.EndPoint = bed.Proxy.LocalEndPoints[0];
        listener.PreludeTimeout = TimeSpan.FromSeconds(3);
        await bed.Proxy.ApplyAsync(new TcpProxyOptions { Listeners = [listener] });
        await bed.ConnectRefusedAsync();
        await bed.UntilAsync(() => bed.Closed("PA:tls_rate") == 1);

        listener.Tls!.MaxHandshakeRatePerClient = null;
        await bed.Proxy.ApplyAsync(new TcpProxyOptions { Listeners = [listener] });
        for (var i = 0; i < 5; i++)
        {
            await FailAsync(await bed.ConnectAsync());
        }

        await bed.UntilAsync(() => bed.Closed("PA:tls") == 6);
    });

    [Fact]
    public Task Metrics_HandshakesThatFail_HaveTheirCause() => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(Listener(bed, rate: null));
        await FailAsync(await bed.ConnectAsync());
        var silent = await bed.ConnectAsync();
        var gone = await bed.ConnectAsync();
        await bed.UntilAsync(() => Active(bed) == 2);
        gone.ShutdownSend();
        await bed.UntilAsync(() => bed.Closed("CA") == 1);
        Assert.Equal((1, 0, 1), (Failures(bed, "closed"), Failures(bed, "timeout"), Active(bed)));

        await bed.UntilAsync(() => bed.Closed("cA") == 1);
        Assert.Equal((1, 1, 1, 0), (Failures(bed, "protocol"), Failures(bed, "closed"), Failures(bed, "timeout"), Active(bed)));
        Assert.Equal(0, bed.Counters.CountAll("linkerd.tcp.tls.handshakes"));
        silent.Abort();
    });

    [Fact]
    public Task Metrics_ProxyIsStoppedMeanwhile_IsCancelled() => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(Listener(bed, rate: null));
        await bed.ConnectAsync();
        await bed.UntilAsync(() => Active(bed) == 1);
        Assert.Equal(1, await bed.Proxy.DrainAsync(TimeSpan.Zero, CancellationToken.None));
        Assert.Equal((1, 0), (Failures(bed, "cancelled"), Active(bed)));
    });

    [Fact]
    public Task Metrics_PlainSessions_HaveNone() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        await bed.EndAsync(await bed.ConnectServedAsync(backend));
        Assert.DoesNotContain(bed.Counters.Counted.Keys, static key => key.StartsWith("linkerd.tcp.tls", StringComparison.Ordinal));
    });

    private static ListenerOptions Listener(SimulatedProxy bed, double? rate) =>
        bed.NewListener().With(own => own.Tls = new ListenerTlsOptions { Certificates = [TlsMaterial.Files("ok")], MaxHandshakeRatePerClient = rate });

    private static double Failures(SimulatedProxy bed, string cause) => bed.Counters.Count($"linkerd.tcp.tls.handshake.failures{{side=downstream,cause={cause}}}");

    private static double Active(SimulatedProxy bed)
    {
        bed.Counters.Observe();
        return bed.Counters.Observed["linkerd.tcp.tls.handshakes.active{side=downstream}"];
    }

    // It is refused with an end in order, before which an alert would be.
    private static async Task FailAsync(TransportConnection client, string header = "")
    {
        await client.SendAsync(Encoding.ASCII.GetBytes(header + "GET / HTTP/1.1\r\n\r\n"));
        var (data, end) = await client.ReadToEndAsync();
        Assert.Equal((0, TransportStatus.Ok), (data.Length, end));
        await client.DisposeAsync();
    }
}
