using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

public sealed class CloseReasonTests
{
    public static TheoryData<CloseReason> Reasons => new(
    [
        CloseReason.Normal,
        new CloseReason(ClosedBy.Client, ClosePhase.Data),
        new CloseReason(ClosedBy.Server, ClosePhase.Queue, TimedOut: true),
        new CloseReason(ClosedBy.Down, ClosePhase.Last),
        .. Enum.GetValues<Refusal>().Where(refusal => refusal != Refusal.None).Select(CloseReason.Refused),
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
        Assert.Equal("sC", new CloseReason(ClosedBy.Server, ClosePhase.Connect, TimedOut: true).ToString());
    }

    [Theory]
    [InlineData(Refusal.AcceptRate, "PA:accept_rate")]
    [InlineData(Refusal.ClientSessions, "PA:client_sessions")]
    [InlineData(Refusal.DestinationSessions, "PA:destination_sessions")]
    [InlineData(Refusal.WaitersFull, "PQ:waiters_full")]
    [InlineData(Refusal.NoEndpoint, "PQ:no_endpoint")]
    [InlineData(Refusal.RetryBudget, "PQ:retry_budget")]
    [InlineData(Refusal.NoRoute, "PA:no_route")]
    [InlineData(Refusal.Prelude, "PA:prelude")]
    [InlineData(Refusal.ProxyProtocol, "PA:proxy_protocol")]
    [InlineData(Refusal.ClientNetwork, "PA:client_network")]
    [InlineData(Refusal.DestinationsFull, "PA:destinations_full")]
    public void ToString_Refused_SaysByWhat(Refusal refusal, string text)
    {
        var reason = CloseReason.Refused(refusal);
        Assert.Equal(text, reason.ToString());
        Assert.Same(reason.Text, CloseReason.Refused(refusal).Text);
        Assert.Equal(refusal, reason.Refusal);
        Assert.False(reason.IsNormal);
    }

    [Fact]
    public void Refused_EveryRefusal_IsAReasonOfItsOwn()
    {
        var refusals = Enum.GetValues<Refusal>().Where(refusal => refusal != Refusal.None).ToArray();
        Assert.Equal(11, refusals.Length);
        Assert.Equal(refusals.Length, refusals.Select(CloseReason.Refused).Distinct().Count());
        Assert.DoesNotContain(new CloseReason(ClosedBy.Proxy, ClosePhase.Accept), refusals.Select(CloseReason.Refused));
    }

    [Theory]
    [InlineData(Refusal.None)]
    [InlineData((Refusal)99)]
    public void Refused_NoRefusal_Throws(Refusal refusal) => Assert.Throws<ArgumentOutOfRangeException>(() => CloseReason.Refused(refusal));

    [Fact]
    public void TryEnd_Twice_TheFirstRefusalCounts()
    {
        var control = new DuplexControl();
        Assert.Null(control.Reason);
        Assert.True(control.TryEnd(CloseReason.Refused(Refusal.WaitersFull)));
        Assert.False(control.TryEnd(CloseReason.Normal));
        Assert.Equal(CloseReason.Refused(Refusal.WaitersFull), control.Reason);
    }
}
