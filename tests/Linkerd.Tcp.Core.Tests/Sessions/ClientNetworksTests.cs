using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Sessions;
using Xunit;

namespace Linkerd.Tcp.Tests;

/// <summary>Networks as they are written, and the clients that are in them.</summary>
public sealed class ClientNetworksTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    [InlineData(" 10.0.0.0/8 , ::1,192.0.2.1", "10.0.0.0/8, ::1, 192.0.2.1")]
    [InlineData("0.0.0.0/0,::/0", "0.0.0.0/0, ::/0")]
    [InlineData("2001:DB8::/32", "2001:db8::/32")]
    [InlineData("192.0.2.1/32,::1/128", "192.0.2.1, ::1")]
    [InlineData("::ffff:10.0.0.0/104", "10.0.0.0/8")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1")]
    [InlineData("::ffff:0:0/96", "0.0.0.0/0")]
    public void TryParse_Networks_AreThoseOfTheText(string text, string expected)
    {
        Assert.True(ClientNetworks.TryParse(text, out var networks, out var error));
        Assert.Null(error);
        Assert.Equal(expected, networks!.ToString());
    }

    [Theory]
    [InlineData("10.0.0.1/8", "'10.0.0.1/8' has bits behind its prefix; expected 10.0.0.0/8, or 10.0.0.1 for the one address")]
    [InlineData("2001:db8::1/32", "'2001:db8::1/32' has bits behind its prefix; expected 2001:db8::/32, or 2001:db8::1 for the one address")]
    [InlineData("1.2.3.4/0", "expected 0.0.0.0/0, or 1.2.3.4 for the one address")]
    [InlineData("010.0.0.0/8", "'010.0.0.0/8': expected an IPv4 address of four decimal numbers without leading zeros, such as 10.0.0.1")]
    [InlineData("10/8", "'10/8': expected an IPv4 address of four decimal numbers")]
    [InlineData("10.0.0.0/33", "'10.0.0.0/33': expected a prefix length from 0 to 32 behind the slash")]
    [InlineData("::/129", "'::/129': expected a prefix length from 0 to 128 behind the slash")]
    [InlineData("10.0.0.0/08", "expected a prefix length from 0 to 32")]
    [InlineData("10.0.0.0/", "expected a prefix length from 0 to 32")]
    [InlineData("10.0.0.0/-1", "expected a prefix length from 0 to 32")]
    [InlineData("10.0.0.0/8/8", "expected a prefix length from 0 to 32")]
    [InlineData("10.0.0.0/255.0.0.0", "expected a prefix length from 0 to 32")]
    [InlineData("fe80::1%1", "'fe80::1%1': expected no zone (%...), as the zones of clients do not count")]
    [InlineData("localhost", "'localhost': expected a network such as 10.0.0.0/8 or 2001:db8::/32, or an address")]
    [InlineData("", "'': expected a network such as")]
    [InlineData("10.0.0.0/8,", "'': expected a network such as")]
    public void TryParse_OtherText_IsRefusedInWords(string text, string expected)
    {
        Assert.False(ClientNetworks.TryParse(text, out var networks, out var error));
        Assert.Null(networks);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.255.0.1", true)]
    [InlineData("10.0.0.0/8", "11.0.0.1", false)]
    [InlineData("10.0.0.0/8", "::ffff:10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "::ffff:11.1.2.3", false)]
    [InlineData("10.0.0.0/8", "::10.1.2.3", false)]
    [InlineData("0.0.0.0/0", "::ffff:11.1.2.3", true)]
    [InlineData("0.0.0.0/0", "::1", false)]
    [InlineData("::/0", "::1", true)]
    [InlineData("::/0", "10.0.0.1", false)]
    [InlineData("::/0", "::ffff:10.0.0.1", false)]
    [InlineData("fe80::/10", "fe80::1%7", true)]
    [InlineData("fe80::1", "fe80::1%7", true)]
    [InlineData("192.0.2.1,10.0.0.0/8,10.1.0.0/16,2001:db8::/33", "192.0.2.1", true)]
    [InlineData("192.0.2.1,10.0.0.0/8,10.1.0.0/16,2001:db8::/33", "192.0.2.2", false)]
    [InlineData("192.0.2.1,10.0.0.0/8,10.1.0.0/16,2001:db8::/33", "2001:db8:7fff::1", true)]
    [InlineData("192.0.2.1,10.0.0.0/8,10.1.0.0/16,2001:db8::/33", "2001:db8:8000::1", false)]
    [InlineData("128.0.0.0/1", "255.255.255.255", true)]
    [InlineData("128.0.0.0/1", "127.255.255.255", false)]
    public void Contains_Client_IsComparedByItsFamily(string text, string client, bool expected)
    {
        Assert.True(ClientNetworks.TryParse(text, out var networks, out _));
        Assert.Equal(expected, networks!.Contains(new IPEndPoint(IPAddress.Parse(client), 80)));
    }

    [Fact]
    public void Contains_NoIPAddress_IsInNone()
    {
        Assert.True(ClientNetworks.TryParse("0.0.0.0/0,::/0", out var networks, out _));
        Assert.False(networks!.Contains(new UnixDomainSocketEndPoint("/a")));
        Assert.False(networks.Contains((EndPoint?)null));
        Assert.False(new ClientNetworks().Contains(IPAddress.Loopback));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Contains_RandomNetworks_AreThoseOfIPNetwork(ulong seed)
    {
        var random = RandomSource.Seeded(seed);
        var list = Enumerable.Range(0, 300).Select(_ => Network(random)).ToList();
        var networks = new ClientNetworks(list);
        for (var i = 0; i < 5_000; i++)
        {
            // Near one of them, most often.
            var near = list[(int)(random.NextDouble() * list.Count)].BaseAddress.GetAddressBytes();
            var at = (int)(random.NextDouble() * near.Length);
            near[at] ^= (byte)(random.NextDouble() * 256);
            var client = new IPAddress(near);
            Assert.Equal(list.Exists(network => network.Contains(client)), networks.Contains(client));
        }
    }

    [Fact]
    public void Contains_ThousandsOfNetworks_AllocatesNothingAndLooksThroughNoList()
    {
        var networks = new ClientNetworks(Enumerable.Range(0, 60_000).Select(i => new IPNetwork(new IPAddress([10, (byte)(i >> 8), (byte)i, 0]), 24)));
        var client = new IPEndPoint(IPAddress.Parse("11.1.2.3"), 80);
        Assert.False(networks.Contains(client));
        var least = long.MaxValue;

        // The runtime may replace the loop by a faster one while it runs, which allocates: one round without that is enough.
        for (var round = 0; round < 5 && least > 0; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100_000; i++)
            {
                networks.Contains(client);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        // A walk through the list would be 6,000,000,000 comparisons, and the test would not end.
        Assert.Equal(0, least);
    }

    [Theory]
    [InlineData(null, null, "192.0.2.1", NetworkVerdict.Allowed)]
    [InlineData("10.0.0.0/8", null, "10.0.0.1", NetworkVerdict.Allowed)]
    [InlineData("10.0.0.0/8", null, "192.0.2.1", NetworkVerdict.NotAllowed)]
    [InlineData(null, "10.0.0.0/8", "10.0.0.1", NetworkVerdict.Denied)]
    [InlineData(null, "10.0.0.0/8", "192.0.2.1", NetworkVerdict.Allowed)]
    [InlineData("10.0.0.0/8", "10.1.0.0/16", "10.1.0.1", NetworkVerdict.Denied)]
    [InlineData("10.1.0.0/16", "10.0.0.0/8", "10.1.0.1", NetworkVerdict.Denied)]
    [InlineData("10.0.0.0/8", "10.1.0.0/16", "10.2.0.1", NetworkVerdict.Allowed)]
    [InlineData("10.0.0.0/8", "192.0.2.1", "192.0.2.1", NetworkVerdict.Denied)]
    public void Check_AllowAndDeny_DenialWins(string? allow, string? deny, string client, object expected) =>
        Assert.Equal(expected, (object)new NetworkRules(Parse(allow), Parse(deny)).Check(new IPEndPoint(IPAddress.Parse(client), 80)));

    [Fact]
    public void Check_UnixClient_IsNoMatterOfNetworks()
    {
        var rules = new NetworkRules(Parse("10.0.0.0/8"), Parse("0.0.0.0/0,::/0"));
        Assert.Equal(NetworkVerdict.Allowed, rules.Check(new UnixDomainSocketEndPoint("/a")));

        // An address that is not known is on no list.
        Assert.Equal(NetworkVerdict.NotAllowed, rules.Check(null));
    }

    private static ClientNetworks? Parse(string? text)
    {
        ClientNetworks? networks = null;
        Assert.True(text is null || ClientNetworks.TryParse(text, out networks, out _));
        return networks;
    }

    private static IPNetwork Network(Random random)
    {
        var bytes = new byte[random.NextDouble() < 0.5 ? 4 : 16];
        bytes[0] = 0x20;
        for (var i = 1; i < bytes.Length; i++)
        {
            bytes[i] = random.NextDouble() < 0.7 ? (byte)0 : (byte)(random.NextDouble() * 256);
        }

        var prefix = (int)(random.NextDouble() * ((bytes.Length * 8) + 1));
        for (var bit = prefix; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPNetwork(new IPAddress(bytes), prefix);
    }
}
