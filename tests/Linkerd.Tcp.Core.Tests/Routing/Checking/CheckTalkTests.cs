using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Dialing.Checking;
using Linkerd.Tcp.Testing;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing.Checking;

/// <summary>A check whose time is over while the answer is in the kernel already, as it is after the process was stopped.</summary>
public sealed class CheckTalkTests
{
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(1);
    private readonly SimulatedScheduler _scheduler = new();

    [Fact]
    public void RunAsync_AnswerIsWaitingWhenTheTimeIsOver_Passes() => Run(async (connection, running) =>
    {
        connection.Waiting = true;
        await _scheduler.Delay(Time * 1.5);
        Assert.False(connection.IsAborted);
        connection.Tell(new(TransportStatus.Ok, "PONG"u8.ToArray()));
        Assert.Equal(CheckVerdict.Passed, (await running).Verdict);
    });

    [Fact]
    public void RunAsync_WhatIsWaitingNeverComes_FailsInTheEnd() => Run(async (connection, running) =>
    {
        connection.Waiting = true;
        Assert.Equal(CheckVerdict.Failed, (await running).Verdict);
        Assert.InRange(_scheduler.Elapsed, Time * 2, (Time * 2) + TimeSpan.FromMilliseconds(10));
    });

    [Fact]
    public void RunAsync_NothingIsWaitingWhenTheTimeIsOver_Fails() => Run(async (_, running) =>
    {
        Assert.Equal(CheckVerdict.Failed, (await running).Verdict);
        Assert.InRange(_scheduler.Elapsed, Time, Time + TimeSpan.FromMilliseconds(10));
    });

    private void Run(Func<LateConnection, Task<CheckResult>, Task> test) => _scheduler.Run(async () =>
    {
        var connection = new LateConnection(_scheduler);
        var options = new ActiveCheckOptions { Timeout = Time, Send = CheckerBed.Bytes("PING"), Expect = CheckerBed.Bytes("PONG") };
        await test(connection, new ProbeExchange(connection, options).RunAsync(Time, CancellationToken.None).AsTask());
    });
}
