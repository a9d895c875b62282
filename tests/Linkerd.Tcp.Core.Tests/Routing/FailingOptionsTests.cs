using System.Net;
using Linkerd.Tcp.Primitives;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing;

/// <summary>A function that gives the options of destinations, and fails.</summary>
public sealed class FailingOptionsTests
{
    private static readonly DstPath Name = DstPath.Parse("/svc/web");

    [Theory]
    [InlineData("throws")]
    [InlineData("null")]
    [InlineData("invalid")]
    public async Task Get_FunctionFailedOnce_IsAskedAgain(string fault)
    {
        var calls = 0;
        await using var router = new DestinationRegistry(_ => ++calls > 2 ? Valid() : fault switch
        {
            "throws" => throw new InvalidOperationException("The function has a bug."),
            "null" => null!,
            _ => new DestinationOptions { Resolver = new StaticResolver(), MaxPendingSessions = -1 },
        });
        for (var i = 1; i <= 2; i++)
        {
            var error = Assert.ThrowsAny<Exception>(() => router.Get(Name));
            Assert.Equal(fault == "invalid", error is InvalidOptionsException);
            Assert.Equal(i, calls);
            Assert.Empty(router.Destinations);
        }

        Assert.Equal(Name, router.Get(Name).Name);
        Assert.Equal((3, 1), (calls, router.Destinations.Count()));
    }

    private static DestinationOptions Valid() => new() { Resolver = new StaticResolver(new IPEndPoint(IPAddress.Loopback, 1)) };
}
