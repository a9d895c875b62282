using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Tests.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

/// <summary>Connections of somebody else's that throw against their contract: the copy ends, both are given back, and the caller is told once.</summary>
public sealed class ForeignConnectionTests
{
    /// <summary>What a copy calls in the data phase, and at its end.</summary>
    public static TheoryData<string, bool> Members => new(
        from member in new[] { "ReceiveAsync", "Advance", "SendAsync", "ShutdownSend", "WaitAcknowledgedAsync", "IsReset", "Abort", "DisposeAsync", "Arm", "Disarm", "Deadline", "BytesReceived", "BytesSent" }
        from isClient in new[] { true, false }
        where isClient || member is not ("Arm" or "Disarm" or "Deadline")
        select (member, isClient));

    [Theory]
    [MemberData(nameof(Members))]
    public void Run_ConnectionThrows_BothAreGivenBack(string member, bool isClient) => SimulatedBed.Run(4, async bed =>
    {
        var (client, clientSide) = await bed.PairAsync();
        var (serverSide, server) = await bed.PairAsync();
        var (one, other) = (new FaultyConnection(clientSide, isClient ? member : "none"), new FaultyConnection(serverSide, isClient ? "none" : member));
        var faulty = isClient ? one : other;

        // What the copy begins with is the caller's business: it throws there and then.
        faulty.IsFaulty = false;
        var control = new DuplexControl();
        var options = new DuplexOptions { IdleTimeout = TimeSpan.FromSeconds(10), HalfCloseTimeout = TimeSpan.FromSeconds(5) };
        var running = new DuplexProxy(options, RandomSource.Seeded(1)).RunAsync(one, other, control).AsTask();
        faulty.IsFaulty = true;
        var fromClient = SayAndLeaveAsync(client);
        await SayAndLeaveAsync(server);
        await fromClient;
        if (member is "Abort" or "WaitAcknowledgedAsync" or "IsReset")
        {
            // Whichever it is on the way to.
            await bed.DelayAsync(1000);
            control.TryEnd(new(ClosedBy.Operator, ClosePhase.Data));
        }

        await bed.UntilAsync(() => running.IsCompleted);
        Assert.True(one.IsDisposed && other.IsDisposed);
        if (running.IsFaulted)
        {
            Assert.Equal($"{member} has a bug.", Assert.IsType<NotSupportedException>(running.Exception!.InnerException).Message);
        }
    });

    [Theory]
    [InlineData("Deadline")]
    [InlineData("Arm")]
    [InlineData("UnreadBytes")]
    public void Run_ConnectionThrowsAtTheStart_BothAreGivenBack(string member) => SimulatedBed.Run(1, async bed =>
    {
        var (_, clientSide) = await bed.PairAsync();
        var (serverSide, _) = await bed.PairAsync();
        var (one, other) = (new FaultyConnection(clientSide, member) { IsFaulty = member != "UnreadBytes" }, new FaultyConnection(serverSide, "none"));
        var options = new DuplexOptions { IdleTimeout = TimeSpan.FromSeconds(10), FirstByteTimeout = TimeSpan.FromSeconds(10) };
        var running = member == "UnreadBytes"
            ? StartWith(options, one, other)
            : new DuplexProxy(options).RunAsync(one, other).AsTask();
        await Assert.ThrowsAsync<NotSupportedException>(() => running);
        Assert.True(one.IsDisposed && other.IsDisposed);
    });

    [Theory]
    [InlineData("HasPeerClosed", false)]
    [InlineData("UnreadBytes", false)]
    [InlineData("UnreadBytes", true)]
    [InlineData("ReceiveAsync", true)]
    [InlineData("ReceiveAsync", false)]
    public void RunHeld_ConnectionThrows_BothAreGivenBack(string member, bool isClient) => SimulatedBed.Run(4, async bed =>
    {
        var (client, clientSide) = await bed.PairAsync();
        var (serverSide, _) = await bed.PairAsync();
        var (one, other) = (new FaultyConnection(clientSide, isClient ? member : "none"), new FaultyConnection(serverSide, isClient ? "none" : member));
        var faulty = isClient ? one : other;
        faulty.IsFaulty = false;
        var completion = new DuplexCompletion();
        var options = new DuplexOptions { FirstByteTimeout = TimeSpan.FromSeconds(10) };
        var run = new DuplexRun(one, other, options, RandomSource.Seeded(1), new DuplexControl(), completion, new NoReplacement());
        faulty.IsFaulty = true;
        run.Start();
        await client.TrySendAsync("hello"u8.ToArray());
        var ended = completion.Task.AsTask();
        await bed.UntilAsync(() => ended.IsCompleted);
        Assert.Equal($"{member} has a bug.", (await Assert.ThrowsAsync<NotSupportedException>(() => ended)).Message);
        Assert.True(one.IsDisposed && other.IsDisposed);
    });

    // The constructor asks for it, too; from the second time on it throws.
    private static Task<DuplexResult> StartWith(DuplexOptions options, FaultyConnection one, FaultyConnection other)
    {
        var completion = new DuplexCompletion();
        var run = new DuplexRun(one, other, options, RandomSource.Seeded(1), new DuplexControl(), completion);
        one.IsFaulty = true;
        run.Start();
        return completion.Task.AsTask();
    }

    private static async Task SayAndLeaveAsync(TransportConnection end)
    {
        await end.TrySendAsync("hello"u8.ToArray());
        end.ShutdownSend();
        await end.ReadToEndAsync();
    }

    private sealed class NoReplacement : IServerReplacement
    {
        public ValueTask<ServerReplacement> ReplaceAsync(CancellationToken cancellationToken) => throw new InvalidOperationException("It is not asked for.");
    }
}
