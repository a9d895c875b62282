using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Dialing.Checking;
using Linkerd.Tcp.Testing;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing.Checking;

/// <summary>When an endpoint is out, and when it is back.</summary>
public sealed class ActiveCheckerTests
{
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(150);
    private static readonly ActiveCheckOptions Default = new();
    private static readonly ActiveCheckOptions Ping = Default.With(own => { own.Send = CheckerBed.Bytes("PING"); own.Expect = CheckerBed.Bytes("PONG"); });

    private static readonly Func<TransportConnection, Task> Pong = CheckerBed.Answering(heard => heard == "PING" ? "+PONG" : null);

    [Fact]
    public void Defaults_AreHAProxys() =>
        Assert.Equal((TimeSpan.FromSeconds(2), 2, 3, TimeSpan.FromSeconds(1)), (Default.Interval, Default.Rise, Default.Fall, Default.Timeout));

    [Fact]
    public void Check_ServerRefuses_IsOutWithinFallAndBackWithinRiseIntervals() => CheckerBed.Run(
        bed => FallAndRiseAsync(bed, Default, null, server => server.Refuse(), TimeSpan.Zero), seeds: 5);

    [Fact]
    public void Check_ServerIsSilent_IsOutWithinFallIntervalsAndTheTimeout() => CheckerBed.Run(
        bed => FallAndRiseAsync(bed, Default, null, server => server.Blackhole(), Default.Timeout), seeds: 5);

    [Fact]
    public void Check_ServerAnswersAsExpected_IsOutAndBackAsWell() => CheckerBed.Run(
        bed => FallAndRiseAsync(bed, Ping, Pong, server => server.Unreachable(), TimeSpan.Zero), seeds: 5);

    [Fact]
    public void Check_ServerAcceptsAndSaysNothing_IsUpWithoutExpect() => CheckerBed.Run(async bed =>
    {
        await bed.AddBackendsAsync(2);
        bed.Start(Default);
        await bed.DelayAsync(TimeSpan.FromMinutes(1));
        Assert.All(bed.Results, result => Assert.Equal(CheckVerdict.Passed, result.Result.Verdict));
        Assert.InRange(bed.Results.Count, 58, 62);
    });

    [Fact]
    public void Check_ServerStopsAnswering_IsOutWithinFallIntervalsAndTheTimeout() => CheckerBed.Run(async bed =>
    {
        var isStopped = false;
        await bed.AddBackendsAsync(1, CheckerBed.Answering(heard => heard == "PING" && !isStopped ? "+PONG" : null));
        await bed.AddBackendsAsync(1, Pong);
        bed.Start(Ping);
        await bed.DelayAsync(TimeSpan.FromSeconds(10));
        var endpoint = bed.EndpointOf(bed.Backends[0]);
        Assert.All(bed.Results, result => Assert.Equal(CheckVerdict.Passed, result.Result.Verdict));
        isStopped = true;
        var outAfter = await bed.UntilAsync(() => endpoint.IsDown);
        Assert.InRange(outAfter, (Ping.Interval * 2) + Ping.Timeout - Slack, (Ping.Interval * 3) + Ping.Timeout + Slack);
        Assert.Contains("did not come within 1 s", bed.Results[^1].Result.Detail, StringComparison.Ordinal);
        isStopped = false;
        await bed.UntilAsync(() => !endpoint.IsDown);
    }, seeds: 3);

    [Theory]
    [InlineData("+OK", false)]
    [InlineData("PON", false)]
    [InlineData("+PONG", true)]
    [InlineData("hello, PONG, and more", true)]
    public void Check_Answer_PassesWhereItContainsWhatIsExpected(string answer, bool passes) => CheckerBed.Run(async bed =>
    {
        await bed.AddBackendsAsync(2, CheckerBed.Answering(heard => heard == "PING" ? answer : null));
        bed.Start(Ping);
        await bed.DelayAsync(TimeSpan.FromSeconds(20));
        Assert.All(bed.Results, result => Assert.Equal(passes, result.Result.Verdict == CheckVerdict.Passed));
        Assert.Equal(passes ? 0 : 1, bed.Balancer.Endpoints.Count(endpoint => endpoint.IsDown));
    });

    [Fact]
    public void Check_AnswerComesInPieces_Passes() => CheckerBed.Run(async bed =>
    {
        bed.Network.DefaultLink = new SimulatedLinkOptions { Splits = true };
        await bed.AddBackendsAsync(3, CheckerBed.Answering(heard => heard == "PING" ? "220 this is a long greeting of a talkative server, PONG" : null));
        bed.Start(Ping);
        await bed.DelayAsync(TimeSpan.FromSeconds(20));
        Assert.All(bed.Results, result => Assert.Equal(CheckVerdict.Passed, result.Result.Verdict));
    }, seeds: 3);

    [Fact]
    public void Check_ServerSpeaksFirst_ExpectAloneIsEnough() => CheckerBed.Run(async bed =>
    {
        await bed.AddBackendsAsync(2, CheckerBed.Answering(heard => heard.Length == 0 ? "220 ready" : null));
        bed.Start(Default.With(own => own.Expect = CheckerBed.Bytes("220 ")));
        await bed.DelayAsync(TimeSpan.FromSeconds(20));
        Assert.All(bed.Results, result => Assert.Equal(CheckVerdict.Passed, result.Result.Verdict));
    });

    [Fact]
    public void Check_EndlessTalkWithoutTheAnswer_FailsAfterWhatIsLookedAt() => CheckerBed.Run(async bed =>
    {
        await bed.AddBackendsAsync(2, CheckerBed.Answering(heard => heard.Length == 0 ? new string('x', 100_000) : null));
        bed.Start(Ping);
        await bed.DelayAsync(TimeSpan.FromSeconds(20));
        Assert.All(bed.Results, result => Assert.Contains("not among the first", result.Result.Detail, StringComparison.Ordinal));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Check_ServerClosesBeforeTheAnswer_Fails(bool withReset) => CheckerBed.Run(async bed =>
    {
        await bed.AddBackendsAsync(2, async connection =>
        {
            if (withReset)
            {
                connection.Abort();
            }

            await connection.DisposeAsync();
        });
        bed.Start(Ping);
        await bed.DelayAsync(TimeSpan.FromSeconds(20));
        Assert.All(bed.Results, result => Assert.Equal(CheckVerdict.Failed, result.Result.Verdict));
        Assert.Equal(1, bed.Balancer.Endpoints.Count(endpoint => endpoint.IsDown));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Check_Passed_EndsWithFinAfterATalkAndWithResetOtherwise(bool talks) => CheckerBed.Run(async bed =>
    {
        var ends = new List<TransportStatus>();
        await bed.AddBackendsAsync(2, async connection =>
        {
            await (talks ? Pong(connection) : Task.CompletedTask);
            ends.Add((await connection.ReceiveAsync()).Status);
            await connection.DisposeAsync();
        });
        bed.Start(talks ? Ping : Default);
        await bed.DelayAsync(TimeSpan.FromSeconds(20));
        Assert.InRange(ends.Count, 18, 22);
        Assert.All(ends, end => Assert.Equal(talks ? TransportStatus.Ok : TransportStatus.Reset, end));
        Assert.Equal(0, bed.Host.Descriptors);
    });

    [Fact]
    public void Check_NeverCountsAsLoad() => CheckerBed.Run(async bed =>
    {
        await bed.AddBackendsAsync(3);
        bed.Backends[0].Endpoint.Blackhole();
        bed.Start(Default);
        await bed.UntilAsync(() =>
        {
            Assert.All(bed.Balancer.Endpoints, endpoint => Assert.Equal((0, 0, 0, 0), (endpoint.Load, endpoint.Picks, endpoint.Open, endpoint.ConnectFailures)));
            return bed.Scheduler.Elapsed > TimeSpan.FromSeconds(15);
        });
        Assert.True(bed.EndpointOf(bed.Backends[0]).IsDown);
    });

    private static async Task FallAndRiseAsync(
        CheckerBed bed, ActiveCheckOptions options, Func<TransportConnection, Task>? serve, Action<SimulatedEndpoint> breakIt, TimeSpan timeout)
    {
        await bed.AddBackendsAsync(3, serve);
        bed.Start(options);
        await bed.DelayAsync(options.Interval * (5 + bed.Random.NextDouble()));
        Assert.All(bed.Results, result => Assert.Equal(CheckVerdict.Passed, result.Result.Verdict));
        var endpoint = bed.EndpointOf(bed.Backends[1]);
        for (var round = 0; round < 3; round++)
        {
            breakIt(bed.Backends[1].Endpoint);
            var outAfter = await bed.UntilAsync(() => endpoint.IsDown);
            Assert.InRange(outAfter, (options.Interval * (options.Fall - 1)) + timeout - Slack, (options.Interval * options.Fall) + timeout + Slack);
            Assert.Equal(1, bed.Balancer.Endpoints.Count(other => other.IsEjected));
            await bed.DelayAsync(TimeSpan.FromSeconds(30 * bed.Random.NextDouble()));
            bed.Backends[1].Endpoint.Heal();
            var backAfter = await bed.UntilAsync(() => !endpoint.IsDown);
            Assert.InRange(backAfter, TimeSpan.Zero, (options.Interval * options.Rise) + timeout + Slack);
            Assert.Equal(AdmissionGate.Ramping, endpoint.Gate & AdmissionGate.Ramping);
        }
    }
}
