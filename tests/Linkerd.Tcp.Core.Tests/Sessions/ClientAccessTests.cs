using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Tests.Serving;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Xunit;

namespace Linkerd.Tcp.Tests.Sessions;

/// <summary>Allow and deny lists of a listener, on its peers and on the clients that PROXY headers name.</summary>
public sealed class ClientAccessTests
{
    private static readonly IPEndPoint Listener = IPEndPoint.Parse("192.0.2.1:80");
    private static readonly UnixDomainSocketEndPoint UnixListener = new("/run/web.sock");

    [Theory]
    [InlineData("10.1.0.1", RejectReason.None)]
    [InlineData("10.2.0.1", RejectReason.ClientNetwork)]
    [InlineData("11.0.0.1", RejectReason.ClientNetwork)]
    [InlineData("::ffff:10.1.0.1", RejectReason.None)]
    [InlineData("::ffff:10.2.0.1", RejectReason.ClientNetwork)]
    [InlineData("2001:db8::1", RejectReason.ClientNetwork)]
    public void CheckPeer_WithLists_DenyWins(string peer, RejectReason expected)
    {
        var access = ClientAccess.Create(Of("10.0.0.0/8"), Of("10.2.0.0/16"), null)!;
        Assert.Equal(expected, access.CheckPeer(Listener, new IPEndPoint(IPAddress.Parse(peer), 1), out var detail));
        Assert.Equal(expected == RejectReason.None, detail is null);
        Assert.False(access.Trusts(Listener, new IPEndPoint(IPAddress.Parse(peer), 1)));
    }

    [Theory]
    [InlineData("10.1.0.1", false, RejectReason.None)] // Speaks for others: it need not be on the allow list itself.
    [InlineData("::ffff:10.1.0.1", false, RejectReason.None)]
    [InlineData("10.2.0.1", false, RejectReason.ClientNetwork)]
    [InlineData("203.0.113.1", false, RejectReason.ProxyProtocol)]
    [InlineData("203.0.113.1", true, RejectReason.None)]
    [InlineData("203.0.114.1", true, RejectReason.ClientNetwork)]
    public void CheckPeer_WithTrustedNetworks_OthersAreTheirOwnClients(string peer, bool acceptsUntrusted, RejectReason expected)
    {
        var access = ClientAccess.Create(Of("203.0.113.0/24"), Of("10.2.0.0/16"), new() { Trusted = Of("10.0.0.0/8"), AcceptUntrusted = acceptsUntrusted })!;
        Assert.Equal(expected, access.CheckPeer(Listener, new IPEndPoint(IPAddress.Parse(peer), 1), out _));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Trusts_PeerOfAUnixDomainListener_IfTheOptionSaysSo(bool trusts)
    {
        var access = ClientAccess.Create(null, null, new() { Trusted = Of("0.0.0.0/0,::/0"), TrustUnixPeers = trusts })!;
        Assert.Equal(trusts, access.Trusts(UnixListener, null));
        Assert.Equal(trusts ? RejectReason.None : RejectReason.ProxyProtocol, access.CheckPeer(UnixListener, null, out _));
    }

    // An unnamed Unix-domain socket has no address, and is on no list. A peer of TCP that has none is one that nothing is known of.
    [Fact]
    public void Check_AddressIsNotKnown_OnlyUnixDomainClientsMayConnect()
    {
        var access = ClientAccess.Create(Of("10.0.0.0/8"), null, new() { Trusted = Of("10.0.0.0/8"), AcceptUntrusted = true })!;
        Assert.Equal(RejectReason.None, access.CheckPeer(UnixListener, null, out _));
        Assert.Equal(RejectReason.None, access.CheckPeer(UnixListener, UnixListener, out _));
        Assert.Equal(RejectReason.None, access.CheckClient(UnixListener, null, out _));
        Assert.Equal(RejectReason.ClientNetwork, access.CheckPeer(Listener, null, out var detail));
        Assert.Equal("its address is not known", detail);
    }

    [Fact]
    public void Create_NothingIsAskedFor_IsNothing() => Assert.Null(ClientAccess.Create(null, null, null));

    [Fact]
    public void Networks_GivenMapped_CountAsIPv4() => Assert.True(new ClientNetworks(new IPNetwork(IPAddress.Parse("::ffff:10.0.0.0"), 104)).Contains(IPAddress.Parse("10.9.9.9")));

    [Fact]
    public Task Peer_Denied_IsRefusedBeforeTheRateIsAsked() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener().With(own => (own.DenyClients, own.AcceptRate) = (Of("10.8.0.0/16"), 1)));
        for (var i = 0; i < 3; i++)
        {
            await bed.ConnectRefusedAsync(bed.ClientAt("10.8.0.1"));
        }

        await bed.ConnectServedAsync(backend, bed.ClientAt("10.9.0.1"));
        Assert.Equal((3, 0, 1), ((int)bed.Refused("client_network"), (int)bed.Refused("accept_rate"), bed.Logs.Count(4005)));
        Assert.Contains("10.8.0.1:", bed.Logs.Entries.Single(entry => entry.Id == 4005).Message, StringComparison.Ordinal);
        Assert.Contains("was refused: client_network, its address is on the deny list", bed.Logs.Entries.Single(entry => entry.Id == 4005).Message, StringComparison.Ordinal);
        Assert.Equal(3, (int)bed.Closed("PA:client_network"));
    });

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.7 4711 443\r\n", "192.0.2.7:4711")]
    [InlineData("PROXY TCP6 2001:db8::1 2001:db8::2 4711 443\r\n", "[2001:db8::1]:4711")]
    [InlineData("PROXY UNKNOWN\r\n", "10.8.0.1:")] // Its own connection: its own address is not allowed either.
    public Task Client_ThatTheHeaderNames_IsHeldToTheAllowList(string header, string client) => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener().With(own => (own.AllowClients, own.AcceptProxy) = (Of("203.0.113.0/24"), new() { Trusted = Of("10.8.0.0/16") })));
        var denied = await bed.ConnectAsync(bed.ClientAt("10.8.0.1"));
        await denied.SendTextAsync(header);
        await SimulatedProxy.ExpectResetAsync(denied);
        await bed.UntilAsync(() => bed.Closed("PA:client_network") == 1);
        Assert.StartsWith(client, bed.Logs.Entries.Single(entry => entry.Id == 4005).Message, StringComparison.Ordinal);
        Assert.Contains("not on the allow list", bed.Logs.Entries.Single(entry => entry.Id == 4005).Message, StringComparison.Ordinal);
        var allowed = await bed.ConnectAsync(bed.ClientAt("10.8.0.1"));
        await allowed.SendTextAsync("PROXY TCP4 203.0.113.7 198.51.100.7 4711 443\r\nx");
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        Assert.Equal(1, (int)bed.Refused("client_network"));
    });

    private static ClientNetworks Of(string text)
    {
        Assert.True(ClientNetworks.TryParse(text, out var networks, out var error), error);
        return networks;
    }
}
