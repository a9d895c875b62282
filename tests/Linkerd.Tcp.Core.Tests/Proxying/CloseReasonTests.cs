using Linkerd.Tcp.Proxying;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

public sealed class CloseReasonTests
{
    public static TheoryData<CloseReason> Reasons => new(
    [
        CloseReason.Normal,
        new CloseReason(ClosedBy.Client, ClosePhase.Data),
        new CloseReason(ClosedBy.Server, ClosePhase.Queue, timedOut: true),
        new CloseReason(ClosedBy.Down, ClosePhase.Last),
        .. Enum.GetValues<RejectReason>().Where(refusal => refusal != RejectReason.None).Select(CloseReason.Rejected),
    ]);

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Unpack_Packed_IsTheSame(CloseReason reason)
    {
        Assert.NotEqual(0, reason.Pack());
        Assert.Equal(reason, CloseReason.Unpack(reason.Pack()));
    }

    [Fact]
    public void ToString_NotRefused_IsTwoLetters()
    {
        Assert.Equal("--", CloseReason.Normal.ToString());
        Assert.Equal("CD", new CloseReason(ClosedBy.Client, ClosePhase.Data).ToString());
        Assert.Equal("sC", new CloseReason(ClosedBy.Server, ClosePhase.Connect, timedOut: true).ToString());
    }

    [Theory]
    [InlineData(RejectReason.AcceptRate, "PA:accept_rate")]
    [InlineData(RejectReason.ClientSessions, "PA:client_sessions")]
    [InlineData(RejectReason.DestinationSessions, "PA:destination_sessions")]
    [InlineData(RejectReason.PendingSessionsFull, "PQ:pending_full")]
    [InlineData(RejectReason.NoEndpoint, "PQ:no_endpoint")]
    [InlineData(RejectReason.RetryBudget, "PQ:retry_budget")]
    [InlineData(RejectReason.NoRoute, "PA:no_route")]
    [InlineData(RejectReason.Prelude, "PA:prelude")]
    [InlineData(RejectReason.ProxyProtocol, "PA:proxy_protocol")]
    [InlineData(RejectReason.ClientNetwork, "PA:client_network")]
    [InlineData(RejectReason.DestinationsFull, "PA:destinations_full")]
    [InlineData(RejectReason.Tls, "PA:tls")]
    [InlineData(RejectReason.TlsHandshakes, "PA:tls_handshakes")]
    [InlineData(RejectReason.TlsHandshakeRate, "PA:tls_rate")]
    public void ToString_Refused_SaysByWhat(RejectReason refusal, string text)
    {
        var reason = CloseReason.Rejected(refusal);
        Assert.Equal(text, reason.ToString());
        Assert.Same(reason.Text, CloseReason.Rejected(refusal).Text);
        Assert.Equal(refusal, reason.RejectReason);
        Assert.False(reason.IsNormal);
    }

    [Theory]
    [InlineData(ClosedBy.None, ClosePhase.None, "--:truncated")]
    [InlineData(ClosedBy.Server, ClosePhase.Data, "SD:truncated")]
    public void ToString_Truncated_SaysSo(ClosedBy by, ClosePhase phase, string text)
    {
        var reason = new CloseReason(by, phase).AsTruncated();
        Assert.Equal((text, true, false), (reason.ToString(), reason.IsTruncated, reason.IsNormal));
        Assert.Equal(reason, CloseReason.Unpack(reason.Pack()));
        Assert.NotEqual(reason, new CloseReason(by, phase));
    }

    [Fact]
    public void Refused_EveryRefusal_IsAReasonOfItsOwn()
    {
        var refusals = Enum.GetValues<RejectReason>().Where(refusal => refusal != RejectReason.None).ToArray();
        Assert.Equal(14, refusals.Length);
        Assert.Equal(refusals.Length, refusals.Select(CloseReason.Rejected).Distinct().Count());
        Assert.DoesNotContain(new CloseReason(ClosedBy.Proxy, ClosePhase.Accept), refusals.Select(CloseReason.Rejected));
    }

    [Theory]
    [InlineData(RejectReason.None)]
    [InlineData((RejectReason)99)]
    public void Refused_NoRefusal_Throws(RejectReason refusal) => Assert.Throws<ArgumentOutOfRangeException>(() => CloseReason.Rejected(refusal));

    [Fact]
    public void TryEnd_Twice_TheFirstRefusalCounts()
    {
        var control = new DuplexControl();
        Assert.Null(control.Reason);
        Assert.True(control.TryEnd(CloseReason.Rejected(RejectReason.PendingSessionsFull)));
        Assert.False(control.TryEnd(CloseReason.Normal));
        Assert.Equal(CloseReason.Rejected(RejectReason.PendingSessionsFull), control.Reason);
    }
}
