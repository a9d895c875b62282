using System.Net;
using Xunit;

namespace Linkerd.Tcp.Tests.Resolving;

public sealed class ResolutionTests
{
    [Fact]
    public void ToString_EachState_ReadsLikeTheEndOfASentence()
    {
        Assert.Equal("bound to 127.0.0.1:80", new Resolution.Bound(EndpointSet.Create(new IPEndPoint(IPAddress.Loopback, 80))).ToString());
        Assert.Equal("bound to no endpoints", new Resolution.Bound(EndpointSet.Empty).ToString());
        Assert.Equal("negative", Resolution.Negative.Instance.ToString());
        Assert.Equal("pending", Resolution.Pending.Instance.ToString());
        Assert.Equal("failed: no route", new Resolution.Failed("no route").ToString());
    }

    [Fact]
    public void Equals_SameState_IsEqual()
    {
        Assert.Equal<Resolution>(Resolution.Negative.Instance, Resolution.Negative.Instance);
        Assert.Equal(new Resolution.Failed("a"), new Resolution.Failed("a"));
        Assert.NotEqual(new Resolution.Failed("a"), new Resolution.Failed("b"));
        Assert.NotEqual<Resolution>(Resolution.Pending.Instance, Resolution.Negative.Instance);
    }
}
