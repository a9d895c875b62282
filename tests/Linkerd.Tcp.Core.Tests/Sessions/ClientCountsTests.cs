using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Sessions;
using Xunit;

namespace Linkerd.Tcp.Tests.Sessions;

public sealed class ClientCountsTests
{
    private readonly ClientCounts _counts = new(maximum: 1);

    [Fact]
    public void TryAcquire_AtTheLimit_IsRefusedUntilReleased()
    {
        var counts = new ClientCounts(maximum: 2);
        Assert.True(counts.TryAcquire(At("10.0.0.1"), out var first));
        Assert.True(counts.TryAcquire(At("10.0.0.1", port: 2), out var second));
        Assert.False(counts.TryAcquire(At("10.0.0.1", port: 3), out var none));
        Assert.Null(none);
        Assert.Equal(1, counts.Addresses);
        counts.Release(first);
        Assert.True(counts.TryAcquire(At("10.0.0.1"), out first));
        counts.Release(first);
        counts.Release(second);
        Assert.Equal(0, counts.Addresses);
    }

    [Theory]
    [InlineData("10.0.0.1", "::ffff:10.0.0.1")]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2::2")]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff")]
    [InlineData("fe80::1%1", "fe80::2%1")]
    public void TryAcquire_SameClient_CountsAsOne(string one, string other)
    {
        Assert.True(_counts.TryAcquire(At(one), out _));
        Assert.False(_counts.TryAcquire(At(other), out _));
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.2")]
    [InlineData("::ffff:10.0.0.1", "::ffff:10.0.0.2")]
    [InlineData("::ffff:10.0.0.1", "10.0.0.2")]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1")]
    [InlineData("::1", "127.0.0.1")]
    [InlineData("::1", "::ffff:0.0.0.0")]
    public void TryAcquire_OtherClient_CountsApart(string one, string other)
    {
        Assert.True(_counts.TryAcquire(At(one), out _));
        Assert.True(_counts.TryAcquire(At(other), out _));
        Assert.Equal(2, _counts.Addresses);
    }

    [Fact]
    public void TryAcquire_NoAddress_IsNotLimited()
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.True(_counts.TryAcquire(null, out var place));
            Assert.Null(place);
            Assert.True(_counts.TryAcquire(new UnixDomainSocketEndPoint("/run/client"), out place));
            _counts.Release(place);
        }

        Assert.Equal(0, _counts.Addresses);
    }

    [Fact]
    public void TryAcquire_ManyThreads_NeverMoreThanTheLimitAndNothingStays()
    {
        var counts = new ClientCounts(maximum: 3);
        var active = new int[4];
        var most = 0;
        Parallel.For(0, 100_000, i =>
        {
            var client = i % active.Length;
            if (counts.TryAcquire(At($"10.0.0.{client}"), out var place))
            {
                var now = Interlocked.Increment(ref active[client]);
                if (now > Volatile.Read(ref most))
                {
                    Volatile.Write(ref most, now);
                }

                Interlocked.Decrement(ref active[client]);
                counts.Release(place);
            }
        });
        Assert.InRange(most, 1, 3);
        Assert.Equal(0, counts.Addresses);
    }

    private static IPEndPoint At(string address, int port = 1) => new(IPAddress.Parse(address), port);
}
