using System.Net;
using Linkerd.Tcp.Testing;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Simulation;

/// <summary>The faults that the simulation offers, and that it tells misuse.</summary>
public sealed class SimulatedTransportTests
{
    private static readonly IPEndPoint Nowhere = new(IPAddress.Parse("10.9.9.9"), 80);

    [Fact]
    public void Run_SameSeedTwice_TakesTheSameStepsAndTime()
    {
        var runs = new List<(long, TimeSpan)>();
        for (var run = 0; run < 2; run++)
        {
            SimulatedBed.Run(1, async bed =>
            {
                var (one, other) = await bed.PairAsync();
                var sending = one.TrySendAsync(new byte[300_000]);
                await other.ReadAsync(300_000);
                await sending;
                runs.Add((bed.Scheduler.Steps, bed.Scheduler.Elapsed));
            });
        }

        Assert.Equal(runs[0], runs[1]);
    }

    [Theory]
    [InlineData(ConnectFailure.Refused)]
    [InlineData(ConnectFailure.Unreachable)]
    [InlineData(ConnectFailure.Reset)]
    public void ConnectAsync_EndpointFails_SaysHow(ConnectFailure failure) => SimulatedBed.Run(1, async bed =>
    {
        var (listener, _) = await bed.ListenAsync();
        bed.Network.Endpoint(listener.LocalEndPoint).Fail(failure);
        Assert.Equal(failure, (await ConnectAsync(bed, listener.LocalEndPoint)).Failure);
        bed.Network.Endpoint(listener.LocalEndPoint).Heal();
        Assert.True((await ConnectAsync(bed, listener.LocalEndPoint)).IsConnected);
    });

    [Fact]
    public void ConnectAsync_Blackhole_TimesOutExactlyThen() => SimulatedBed.Run(5, async bed =>
    {
        bed.Network.Endpoint(Nowhere).Blackhole();
        var startedAt = bed.Scheduler.Elapsed;
        var options = new TransportConnectOptions { Timeout = TimeSpan.FromSeconds(3) };
        var result = await bed.Transport.ConnectAsync(Nowhere, options, TestContext.Current.CancellationToken);
        Assert.Equal((ConnectFailure.TimedOut, startedAt + options.Timeout), (result.Failure, bed.Scheduler.Elapsed));
        Assert.Equal(ConnectFailure.TimedOut, (await ConnectAsync(bed, Nowhere)).Failure);
        Assert.Equal(startedAt + options.Timeout + TimeSpan.FromSeconds(127), bed.Scheduler.Elapsed);
    });

    [Fact]
    public void ConnectAsync_BlackholeHeals_ConnectsAtTheNextSyn() => SimulatedBed.Run(5, async bed =>
    {
        var (listener, _) = await bed.ListenAsync();
        var endpoint = bed.Network.Endpoint(listener.LocalEndPoint);
        endpoint.Blackhole();
        var connecting = ConnectAsync(bed, listener.LocalEndPoint);
        await bed.DelayAsync(2500);
        endpoint.Heal();
        Assert.True((await connecting).IsConnected);
        Assert.InRange(bed.Scheduler.Elapsed.TotalSeconds, 3, 3.2);
        Assert.Equal(3, endpoint.Attempts);
    });

    [Fact]
    public void ConnectAsync_NoDescriptorLeft_LocalResources() => SimulatedBed.Run(1, async bed =>
    {
        var (listener, _) = await bed.ListenAsync();
        var host = bed.Network.AddHost("poor");
        host.DescriptorLimit = 1;
        var first = await host.ConnectAsync(listener.LocalEndPoint, new TransportConnectOptions(), TestContext.Current.CancellationToken);
        var second = await host.ConnectAsync(listener.LocalEndPoint, new TransportConnectOptions(), TestContext.Current.CancellationToken);
        Assert.Equal((true, ConnectFailure.LocalResources), (first.IsConnected, second.Failure));
        await first.Connection!.DisposeAsync();
        Assert.Equal(0, host.Descriptors);
    });

    [Fact]
    public void Accept_NoDescriptorLeft_BacksOffAndRecovers() => SimulatedBed.Run(5, async bed =>
    {
        var host = bed.Network.AddHost("poor");
        host.AcceptsToFail = 10;
        var listener = bed.Own(await host.ListenAsync(new TransportListenOptions { EndPoint = host.AnyPort }, TestContext.Current.CancellationToken));
        var handler = new RecordingHandler();
        listener.Start(handler);
        var connected = await bed.ConnectAsync(listener.LocalEndPoint);
        await connected.SendTextAsync("patient");
        var accepted = bed.Own(await handler.NextAsync());
        Assert.Equal("patient", await accepted.ReadTextAsync(7));
        var waits = handler.Failures.Select(failure => failure.RetryAfter.TotalMilliseconds);
        Assert.Equal([5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000], waits);
    });

    [Fact]
    public void Heal_PulledCable_StreamGoesOn() => SimulatedBed.Run(10, async bed =>
    {
        var (one, other) = await bed.PairAsync();
        var stream = ConnectionExtensions.Pattern(300_000);
        var sending = one.TrySendAsync(stream);
        var reading = other.ReadAsync(stream.Length);
        await bed.DelayAsync(1);
        ((SimulatedConnection)one).Link.Blackhole();
        await bed.DelayAsync(20_000);
        Assert.False(reading.IsCompleted);
        ((SimulatedConnection)one).Link.Heal();
        ConnectionExtensions.AssertSame(stream, await reading);
        Assert.Equal(TransportStatus.Ok, await sending);
    });

    [Fact]
    public void Reset_InTheMiddle_BothEndsSeeIt() => SimulatedBed.Run(10, async bed =>
    {
        var (one, other) = await bed.PairAsync();
        ((SimulatedConnection)one).Link.Reset();
        Assert.Equal(TransportStatus.Reset, (await one.ReceiveAsync()).Status);
        Assert.Equal(TransportStatus.Reset, (await other.ReceiveAsync()).Status);
    });

    [Fact]
    public void Data_AfterTheCallerSuspended_IsPoisoned() => SimulatedBed.Run(5, async bed =>
    {
        var (one, other) = await bed.PairAsync();
        await one.SendTextAsync("secret");
        var received = await other.ReceiveAsync();
        Assert.NotEqual(0xDD, received.Data.Span[0]);
        await bed.Scheduler.Yield();
        Assert.Equal(0xDD, received.Data.Span[0]);
    });

    [Theory]
    [InlineData("two receives")]
    [InlineData("two sends")]
    [InlineData("ShutdownSend")]
    [InlineData("advanced by")]
    [InlineData("disposed while")]
    [InlineData("outside")]
    public void Misuse_OfAConnection_FailsTheRun(string misuse)
    {
        var error = Assert.Throws<InvalidOperationException>(() => SimulatedBed.Run(1, async bed =>
        {
            var (one, other) = await bed.PairAsync();
            var receiving = other.TakeAsync();
            var sending = one.TrySendAsync(new byte[bed.MoreThanFits]);
            var doing = misuse switch
            {
                "two receives" => other.TakeAsync(),
                "two sends" => one.TrySendAsync(new byte[1]),
                "ShutdownSend" => Do(one.ShutdownSend),
                "advanced by" => Do(() => one.Advance(1)),
                "disposed while" => one.DisposeAsync().AsTask(),
                _ => bed.RunElsewhereAsync(() => one.Advance(0)),
            };
            await Task.WhenAny(doing, receiving, sending);
        }));
        Assert.Contains(misuse, error.Message, StringComparison.Ordinal);
        Assert.IsType<SimulationException>(error.InnerException);

        static Task Do(Action action)
        {
            action();
            return Task.CompletedTask;
        }
    }

    private static async Task<ConnectResult> ConnectAsync(SimulatedBed bed, EndPoint to)
    {
        var result = await bed.Transport.ConnectAsync(to, new TransportConnectOptions(), TestContext.Current.CancellationToken);
        if (result.Connection is { } connection)
        {
            bed.Own(connection);
        }

        return result;
    }
}
