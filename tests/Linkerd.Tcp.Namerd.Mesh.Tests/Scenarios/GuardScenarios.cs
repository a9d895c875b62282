using Google.Protobuf;
using Linkerd.Tcp.Namerd.Protocol;
using Linkerd.Tcp.TestUtilities;
using Microsoft.Extensions.Logging;
using Replica = Linkerd.Tcp.Namerd.Protocol.Endpoint;

namespace Linkerd.Tcp.Namerd;

/// <summary>Streams that are renewed, and streams that say too little.</summary>
public sealed class GuardScenarios
{
    [Fact]
    public async Task OldStream_IsRenewedAtAnotherNamerd_BeforeItIsClosed()
    {
        var time = new ManualTime();
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var first = await MeshStandIn.StartAsync(namerd);
        await using var second = await MeshStandIn.StartAsync(namerd);
        namerd.SetId("/#/x", NameState.Bound.Ports(1));
        await using var watcher = MeshWatch.Id(MeshWatch.At(first.Address, second.Address).With(own => { own.TimeProvider = time; own.Interval = null; }), "/#/x");
        await watcher.NextIsAsync(MeshWatch.Bound(1));

        await time.PassTimerAsync(540, 660);
        await second.WaitForStreamsAsync(1, TestContext.Current.CancellationToken);
        await first.WaitForStreamsAsync(0, TestContext.Current.CancellationToken);
        namerd.SetId("/#/x", NameState.Bound.Ports(2));
        await watcher.NextIsAsync(MeshWatch.Bound(2));
        Assert.Empty(watcher.Rest());
    }

    [Fact]
    public async Task Renewal_ThatFails_LeavesTheOldStream()
    {
        var time = new ManualTime();
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        namerd.SetId("/#/x", NameState.Bound.Ports(1));
        await using var watcher = MeshWatch.Id(MeshWatch.At(mesh.Address).With(own => { own.TimeProvider = time; own.Interval = null; }), "/#/x");
        await watcher.NextIsAsync(MeshWatch.Bound(1));
        namerd.SetId("/#/x", new NameState.Failed("bad"));
        await watcher.UntilFailsAsync("bad");

        await time.PassTimerAsync(540, 660);
        await time.WaitForTimerAsync(0.5, 1);
        Assert.Contains(watcher.Log.Of(LogLevel.Warning), line => line.Contains("could not be renewed, going on with the old one", StringComparison.Ordinal));
        await mesh.WaitForStreamsAsync(1, TestContext.Current.CancellationToken);
        namerd.SetId("/#/x", NameState.Bound.Ports(2));
        await watcher.NextIsAsync(MeshWatch.Bound(2));
        await time.PassTimerAsync(0.5, 1);
        await mesh.WaitForCallsAsync("StreamReplicas", 3, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Poll_ThatDiffersFromASilentStream_IsTakenAndTheStreamOpenedAnew()
    {
        var time = new ManualTime();
        var streams = 0;
        await using var server = await MeshRawServer.StartAsync(async call =>
        {
            if (call.Method == "GetReplicas")
            {
                await call.SendAsync(Of(2));
                return;
            }

            // The first stream went stale behind its first message.
            await call.SendAsync(Of(Interlocked.Increment(ref streams) == 1 ? 1 : 3));
            await call.WaitAsync();
        });
        await using var watcher = MeshWatch.Id(MeshWatch.At(server.Address).With(own => own.TimeProvider = time), "/#/x");
        await watcher.NextIsAsync(MeshWatch.Bound(1));
        await time.PassTimerAsync(54, 66);
        await watcher.NextIsAsync(MeshWatch.Bound(2));
        await watcher.NextIsAsync(MeshWatch.Bound(3));
        Assert.Contains(watcher.Log.Of(LogLevel.Warning), line => line.Contains("went stale", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Poll_ThatSaysTheSameOrIsPendingOrFails_ChangesNothing()
    {
        var time = new ManualTime();
        var polls = 0;
        await using var server = await MeshRawServer.StartAsync(async call =>
        {
            if (call.Method == "GetReplicas")
            {
                var poll = Interlocked.Increment(ref polls);
                call.EndWith(poll == 3 ? 13 : 0, "no");
                await (poll == 3 ? Task.CompletedTask : call.SendAsync(poll == 1 ? Of(1) : new Replicas { Pending = new() }.ToByteArray()));
                return;
            }

            await call.SendAsync(Of(1));
            await call.WaitAsync();
        });
        await using var watcher = MeshWatch.Id(MeshWatch.At(server.Address).With(own => own.TimeProvider = time), "/#/x");
        await watcher.NextIsAsync(MeshWatch.Bound(1));
        for (var i = 0; i < 4; i++)
        {
            await time.PassTimerAsync(54, 66);
        }

        Assert.Empty(watcher.Rest());
        Assert.Contains(watcher.Log.Of(LogLevel.Debug), line => line.Contains("answered /#/x with INTERNAL: 'no'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task SilentStream_OfReplicas_FailsAndTheOtherNamerdIsAsked()
    {
        var time = new ManualTime();
        await using var silent = await MeshRawServer.StartAsync(call => call.WaitAsync());
        await using var namerd = await NamerdStandIn.StartAsync();
        await using var mesh = await MeshStandIn.StartAsync(namerd);
        namerd.SetId("/#/x", NameState.Bound.Ports(1));
        await using var watcher = MeshWatch.Id(MeshWatch.At(silent.Address, mesh.Address).With(own => { own.TimeProvider = time; own.Interval = null; }), "/#/x");

        // The probe is over when the stream's own patience begins.
        await time.WaitForTimerAsync(540, 660);
        await time.PassTimerAsync(10, 10);
        Assert.Equal($"namerd at {silent.Address.Authority} did not answer about /#/x within 10 s", await watcher.UntilFailsAsync());
        await time.PassTimerAsync(0.5, 1);
        await watcher.UntilIsAsync(MeshWatch.Bound(1));
    }

    [Theory]
    [InlineData(new byte[] { 0xff, 0xff }, "cannot be read")]
    [InlineData(new byte[0], "the state is none of pending, neg, failed and bound")]
    public async Task Message_ThatIsNone_FailsWithABackOff(byte[] message, string words)
    {
        var time = new ManualTime();
        var calls = 0;
        await using var server = await MeshRawServer.StartAsync(async call =>
        {
            await call.SendAsync(Interlocked.Increment(ref calls) == 1 ? message : Of(1));
            await call.WaitAsync();
        });
        await using var watcher = MeshWatch.Id(MeshWatch.At(server.Address).With(own => { own.TimeProvider = time; own.Interval = null; }), "/#/x");
        await watcher.UntilFailsAsync(words);
        if (message.Length > 0)
        {
            await time.PassTimerAsync(0.5, 1);
            await watcher.UntilIsAsync(MeshWatch.Bound(1));
        }
    }

    [Fact]
    public async Task Stream_ThatEndsOrderlyAgainAndAgain_IsNotAskedForInALoop()
    {
        var time = new ManualTime();
        var calls = 0;
        await using var server = await MeshRawServer.StartAsync(call =>
        {
            Interlocked.Increment(ref calls);
            return call.SendAsync(Of(1));
        });
        await using var watcher = MeshWatch.Id(MeshWatch.At(server.Address).With(own => { own.TimeProvider = time; own.Interval = null; }), "/#/x");
        await watcher.UntilFailsAsync("ended the stream of /#/x");
        await time.PassTimerAsync(0.5, 1);
        await time.PassTimerAsync(1, 2);
        await time.PassTimerAsync(2, 4);
        await time.WaitForTimerAsync(4, 8);
        Assert.Equal(4, calls);
    }

    private static byte[] Of(int port) => new Replicas
    {
        Bound = new() { Endpoints = { new Replica { Address = ByteString.CopyFrom(127, 0, 0, 1), Port = port } } },
    }.ToByteArray();
}
