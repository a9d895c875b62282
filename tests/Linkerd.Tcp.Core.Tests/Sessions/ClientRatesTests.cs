using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Sessions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp.Tests.Sessions;

public sealed class ClientRatesTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void TryTake_Burst_IsAsManyAsInASecond()
    {
        var rates = new ClientRates(5, _time);
        Assert.Equal(5, Take(rates, "10.0.0.1", 20));
        Assert.Equal(5, Take(rates, "10.0.0.2", 20));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(2.5)]
    [InlineData(0.2)]
    [InlineData(1000)]
    public void TryTake_ALongTime_IsTheRate(double rate)
    {
        var rates = new ClientRates(rate, _time);
        Take(rates, "10.0.0.1", 2000);
        var taken = 0;
        for (var i = 0; i < 1000; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(0.1));
            taken += Take(rates, "10.0.0.1", 200);
        }

        Assert.InRange(taken, (100 * rate) - 1, (100 * rate) + 1);
    }

    [Fact]
    public void TryTake_RefusedOnes_DoNotCount()
    {
        var rates = new ClientRates(1, _time);
        Assert.Equal(1, Take(rates, "10.0.0.1", 1000));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, Take(rates, "10.0.0.1", 1000));
    }

    [Theory]
    [InlineData("10.0.0.1", "::ffff:10.0.0.1")]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff")]
    public void TryTake_SameClient_HasOneBucket(string one, string other)
    {
        var rates = new ClientRates(1, _time);
        Assert.Equal((1, 0), (Take(rates, one, 1), Take(rates, other, 1)));
        Assert.Equal(1, rates.Addresses);
    }

    [Fact]
    public void TryTake_NoAddress_IsNotLimited()
    {
        var rates = new ClientRates(1, _time);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(rates.TryTake(null));
            Assert.True(rates.TryTake(new UnixDomainSocketEndPoint("/run/client")));
        }

        Assert.Equal(0, rates.Addresses);
    }

    [Fact]
    public void TryTake_BucketsThatAreFullAgain_AreForgotten()
    {
        var rates = new ClientRates(10, _time);
        for (var second = 0; second < 100; second++)
        {
            for (var i = 0; i < 100; i++)
            {
                Assert.True(rates.TryTake(At((second * 100) + i)));
            }

            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.InRange(rates.Addresses, 1, 400);
        }

        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.True(rates.TryTake(At(1)));
        Assert.Equal(1, rates.Addresses);
    }

    [Fact]
    public void TryTake_ABucketThatIsNotFull_IsNeverForgotten()
    {
        var rates = new ClientRates(0.1, _time);
        Assert.True(rates.TryTake(At(0)));
        for (var i = 1; i <= 99; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(0.1));
            Assert.True(rates.TryTake(At(i)));
            Assert.False(rates.TryTake(At(0)));
        }

        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.True(rates.TryTake(At(0)));
    }

    [Fact]
    public void TryTake_MoreAddressesThanTheBound_AreNotLimitedAndTakeNoMemory()
    {
        var rates = new ClientRates(1, _time);
        for (var i = 0; i < ClientRates.MaxAddresses + 1000; i++)
        {
            Assert.True(rates.TryTake(At(i)));
        }

        Assert.Equal(ClientRates.MaxAddresses, rates.Addresses);
        Assert.False(rates.TryTake(At(0)));
        Assert.True(rates.TryTake(At(ClientRates.MaxAddresses + 1)));
        _time.Advance(TimeSpan.FromSeconds(2.1));
        Assert.True(rates.TryTake(At(ClientRates.MaxAddresses + 1)));
        Assert.False(rates.TryTake(At(ClientRates.MaxAddresses + 1)));
        Assert.Equal(1, rates.Addresses);
    }

    [Fact]
    public void SetRate_SmallerOrLarger_GrantsNoBurstAndHoldsNobodyBackForLonger()
    {
        var rates = new ClientRates(10, _time);
        Assert.Equal(10, Take(rates, "10.0.0.1", 20));
        rates.SetRate(100);
        Assert.Equal(0, Take(rates, "10.0.0.1", 20));
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(10, Take(rates, "10.0.0.1", 20));

        rates.SetRate(0.01);
        _time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Equal(1, Take(rates, "10.0.0.1", 20));
        rates.SetRate(10);
        _time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Equal(10, Take(rates, "10.0.0.1", 20));
    }

    [Fact]
    public void TryTake_ManyThreads_NeverMoreThanTheBurst()
    {
        var rates = new ClientRates(100, _time);
        var taken = 0;
        Parallel.For(0, 8, _ => Interlocked.Add(ref taken, Take(rates, "10.0.0.1", 1000)));
        Assert.Equal(100, taken);
    }

    private static IPEndPoint At(int client) => new(new IPAddress([10, (byte)(client >> 16), (byte)(client >> 8), (byte)client]), 1);

    private static int Take(ClientRates rates, string client, int times)
    {
        var taken = 0;
        for (var i = 0; i < times; i++)
        {
            taken += rates.TryTake(new IPEndPoint(IPAddress.Parse(client), i + 1)) ? 1 : 0;
        }

        return taken;
    }
}
