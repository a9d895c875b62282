using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Linkerd.Tcp.Fuzz;
using Linkerd.Tcp.Security.Connections;
using Linkerd.Tcp.Security.Handshakes;
using Linkerd.Tcp.Testing;
using Linkerd.Tcp.Tests.Security.Connections.Contract;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Linkerd.Tcp.Transport.Sockets;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.Connections;

/// <summary>A crowd of handshakes, whole and half-done, beside other work of its loop.</summary>
[Collection(nameof(HandshakeStarvationTests))]
[CollectionDefinition(nameof(HandshakeStarvationTests), DisableParallelization = true)]
public sealed class HandshakeStarvationTests
{
    private const int Window = 32 * 1024;
    private static readonly SslServerAuthenticationOptions Server = MakeServer("ok");
    private static readonly SslServerAuthenticationOptions RsaServer = MakeServer("rsa");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void Accept_CrowdOnALoop_OtherWorkRunsEveryFewSteps()
    {
        // Each answer takes 0.04 ms of the loop's clock, and three of them more than a tenth of a millisecond.
        const int Crowd = 256;
        var loop = new StepExecutor();
        var (steps, others) = (0, 0);
        var running = new List<Task<TlsResult>>();
        for (var i = 0; i < Crowd; i++)
        {
            var connection = new FedConnection(loop, new HandMadeClient(null!, isTls13: true).MakeHello(), int.MaxValue, TransportStatus.Ok);
            connection.Sending += () =>
            {
                steps++;
                loop.Clock.Advance(TimeSpan.FromMilliseconds(0.04));
            };
            running.Add(SslStreamSetup.AcceptAsync(connection, Window, static _ => Server, CancellationToken.None).AsTask());
        }

        Assert.Equal(0, steps);
        while (loop.HasWork)
        {
            loop.Post(_ => others++, null);
            var before = steps;
            loop.RunTurn();
            Assert.InRange(steps - before, 0, 3);
        }

        Assert.Equal(Crowd, steps);
        Assert.InRange(others, Crowd / 3, Crowd + 1);
        Assert.All(running, static handshake => Assert.Equal(TlsFailure.Ended, handshake.Result.Failure));
        Assert.Equal(0, HandshakeLane.Of(loop).UnderWay);
    }

    [Fact]
    public async Task Accept_256ClientsAtOnce_TurnsOfTheLoopAreMeasured()
    {
        Assert.SkipUnless(EpollTransport.IsSupported, "There is no loop.");
        foreach (var hasBudget in new[] { false, true })
        {
            var (turns, trips) = await MeasureAsync(hasBudget, clients: 256);
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{(hasBudget ? "with" : "without")} the budget: {turns.Count} turns, p99.9 {At(turns, 0.999):0.00} ms, longest {turns[^1]:0.00} ms; {trips.Count} round trips beside, p50 {At(trips, 0.5):0.00}, p99 {At(trips, 0.99):0.00}, longest {trips[^1]:0.00} ms"));
        }
    }

    [Fact]
    public void Accept_AtTheCap_TheLongestWaitEndsAndNewcomersSucceed() => SimulatedBed.Run(seeds: 1, async bed =>
    {
        var silent = new List<(LateConnection Connection, Task<TlsResult> Result)>();
        for (var i = 0; i < HandshakeLane.MaxUnderWay; i++)
        {
            OnLoop(bed, () => Begin(new LateConnection(bed.Scheduler)));
        }

        await bed.PauseAsync();
        var lane = HandshakeLane.Of(bed.Scheduler);
        Assert.Equal(HandshakeLane.MaxUnderWay, lane.UnderWay);
        for (var newcomer = 0; newcomer < 3; newcomer++)
        {
            var (connected, accepted) = await bed.PairAsync();
            Task<TlsResult>? accepting = null;
            OnLoop(bed, () => accepting = AcceptAsync(accepted));
            var foreign = new ForeignPeer(connected);
            await foreign.Tls.AuthenticateAsClientAsync(Client("a.test"), Cancelled);
            Assert.NotNull((await accepting!).Connection);
            bed.Own((await accepting).Connection!);
            var (connection, evicted) = silent[newcomer];
            Assert.True(connection.IsAborted);
            Assert.Equal((TlsFailure.TooMany, "too many TLS handshakes are under way, and this one has waited longest for its peer"), ((await evicted).Failure, (await evicted).Detail));
            Assert.False(silent[newcomer + 1].Connection.IsAborted);

            // The newcomer has made room, which another one takes.
            OnLoop(bed, () => Begin(new LateConnection(bed.Scheduler)));
            await bed.PauseAsync();
            Assert.Equal(HandshakeLane.MaxUnderWay, lane.UnderWay);
        }

        OnLoop(bed, () => silent.ForEach(static handshake => handshake.Connection.Abort()));
        await bed.PauseAsync();
        Assert.Equal(0, lane.UnderWay);

        void Begin(LateConnection connection) => silent.Add((connection, AcceptAsync(connection)));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Accept_PeerTakesNothing_GivesItsPlaceUp(bool isHello) => SimulatedBed.Run(seeds: 1, async bed =>
    {
        // The first waits for its answer, or for its alert, to be taken.
        var stuck = new LateConnection(bed.Scheduler);
        var tap = new TapConnection(stuck);
        tap.CloseGate();
        stuck.Tell(new(TransportStatus.Ok, isHello ? new HandMadeClient(null!, isTls13: true).MakeHello() : [22, 3, 1, 0, 4, 0xFF, 0, 0, 0]));
        Task<TlsResult>? first = null;
        OnLoop(bed, () => first = AcceptAsync(tap));
        await bed.PauseAsync();
        Assert.Equal((false, 1), (first!.IsCompleted, tap.Sends.Count));
        var others = new List<(LateConnection Connection, Task<TlsResult> Result)>();
        OnLoop(bed, () =>
        {
            for (var i = 0; i < HandshakeLane.MaxUnderWay; i++)
            {
                var connection = new LateConnection(bed.Scheduler);
                others.Add((connection, AcceptAsync(connection)));
            }
        });
        await bed.PauseAsync();
        Assert.True(stuck.IsAborted && first.IsCompleted);
        Assert.DoesNotContain(others, static other => other.Connection.IsAborted);
        OnLoop(bed, () => others.ForEach(static other => other.Connection.Abort()));
        await bed.PauseAsync();
        Assert.Equal(0, HandshakeLane.Of(bed.Scheduler).UnderWay);
    });

    [Fact]
    public void Accept_CancelledAtEveryStage_NothingIsLeft() => SimulatedBed.Run(seeds: 1, async bed =>
    {
        var hello = new HandMadeClient(null!, isTls13: true).MakeHello();
        var running = new List<Task<TlsResult>>();
        foreach (var length in new[] { 0, 1, 5, 6, 100, hello.Length })
        {
            var connection = new LateConnection(bed.Scheduler);
            if (length > 0)
            {
                connection.Tell(new(TransportStatus.Ok, hello.AsMemory(0, length)));
            }

            OnLoop(bed, () => running.Add(AcceptAsync(connection)));
            if (length % 2 == 0)
            {
                await bed.PauseAsync();
            }

            OnLoop(bed, connection.Abort);
            await bed.PauseAsync();
        }

        Assert.Equal(6, running.Count);

        Assert.All(running, static handshake => Assert.Equal((TlsFailure.Ended, TransportStatus.Aborted), (handshake.Result.Failure, handshake.Result.Status)));
        Assert.Equal(0, HandshakeLane.Of(bed.Scheduler).UnderWay);
    });

    [Theory]
    [InlineData(20, 10_000)]
    [InlineData(int.MaxValue, 10_000)]
    public void Accept_TenThousandHalfDone_MemoryIsBoundedAndComesBack(int helloLength, int count) => SimulatedBed.Run(seeds: 1, async bed =>
    {
        var scheduler = bed.Scheduler;
        var lane = HandshakeLane.Of(scheduler);
        await RunAsync(100);
        var (before, residentBefore) = (GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet);
        var (peak, resident) = await RunAsync(count);
        await bed.PauseAsync();
        var after = long.MaxValue;

        // Finalizers, and what tests before have left on other threads, take their time on a busy machine.
        for (var looks = 0; looks < 100 && after - before > 2 << 20; looks++)
        {
            Thread.Sleep(looks);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            after = GC.GetTotalMemory(forceFullCollection: true);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{count} handshakes that stop after {(helloLength == int.MaxValue ? "the hello" : $"{helloLength} bytes")}, {HandshakeLane.MaxUnderWay} at once: managed {before / 1024} kB before, {peak / 1024} kB at the end, {after / 1024} kB after; resident {residentBefore >> 20}, {resident >> 20}, {Environment.WorkingSet >> 20} MB"));
        Assert.Equal(0, lane.UnderWay);
        Assert.InRange(after - before, long.MinValue, 2 << 20);

        async Task<(long Managed, long Resident)> RunAsync(int handshakes)
        {
            var hello = new HandMadeClient(null!, isTls13: true).MakeHello();
            var running = new List<(LateConnection Connection, Task<TlsResult> Result)>();
            for (var i = 0; i < handshakes; i++)
            {
                var connection = new LateConnection(scheduler);
                connection.Tell(new(TransportStatus.Ok, hello.AsMemory(0, Math.Min(hello.Length, helloLength))));
                OnLoop(bed, () => running.Add((connection, AcceptAsync(connection))));
                if (i % 100 == 99)
                {
                    await bed.PauseAsync();
                    Assert.InRange(lane.UnderWay, 1, HandshakeLane.MaxUnderWay);
                }
            }

            var reached = (GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet);
            OnLoop(bed, () => running.ForEach(static handshake => handshake.Connection.Abort()));
            await bed.PauseAsync();
            Assert.Equal(handshakes, running.Count);
            Assert.All(running, static handshake => Assert.True(handshake.Result.IsCompletedSuccessfully));
            return reached;
        }
    });

    [Fact]
    public void Receive_FloodOfKeyUpdates_OtherWorkRunsBetween() => SimulatedBed.Run(seeds: 1, async bed =>
    {
        // All of it is there before it is read.
        bed.Network.DefaultLink = new SimulatedLinkOptions { SendBuffer = 1 << 20, ReceiveBuffer = 1 << 20, Splits = false };
        var (connected, accepted) = await bed.PairAsync();
        Task<TlsResult>? accepting = null;
        OnLoop(bed, () => accepting = AcceptAsync(accepted));
        var client = new HandMadeClient(connected, isTls13: true);
        await client.HandshakeAsync();
        var ours = bed.Own((await accepting!).Connection!);
        await connected.SendAllAsync((byte[])[.. Enumerable.Range(0, 20_000).SelectMany(_ => client.SealKeyUpdate(wantsAnswer: false)), .. client.Seal(HandMadeClient.Data, "data"u8.ToArray())]);
        await bed.DelayAsync(10_000);
        Task<(TransportStatus Status, byte[] Data)>? receiving = null;
        var others = 0;
        OnLoop(bed, () =>
        {
            receiving = ours.TakeAsync();
            CountOthers();
        });
        await bed.PauseAsync();
        Assert.Equal("data"u8.ToArray(), (await receiving!).Data);
        Assert.InRange(others, 4, 1000);

        void CountOthers()
        {
            if (!receiving!.IsCompleted)
            {
                others++;
                OnLoop(bed, CountOthers);
            }
        }
    });

    // Without the context of the test, with which code under test would not go on inline.
    private static void OnLoop(SimulatedBed bed, Action action) => bed.Scheduler.Post(static action => ((Action)action!)(), action);

    private static Task<TlsResult> AcceptAsync(TransportConnection connection) => SslStreamSetup.AcceptAsync(connection, Window, static _ => Server, CancellationToken.None).AsTask();

    private static SslServerAuthenticationOptions MakeServer(string certificate) =>
        new() { ServerCertificateContext = TlsMaterial.Context(certificate), EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 };

    private static SslClientAuthenticationOptions Client(string name) => new() { TargetHost = name, RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null };

    private static double At(List<double> sorted, double share) => sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];

    private static async Task EchoAsync(TransportConnection connection)
    {
        await connection.Executor.Resume();
        while (await connection.ReceiveAsync().ConfigureAwait(false) is { Data.IsEmpty: false } received)
        {
            await connection.SendFromAsync(connection, received.Data).ConfigureAwait(false);
        }
    }

    /// <summary>Times, in ms and in order, of the turns of a loop while clients connect to it at once, and of round trips on plain connections of the same loop.</summary>
    private static async Task<(List<double> Turns, List<double> Trips)> MeasureAsync(bool hasBudget, int clients)
    {
        await using var engine = new EpollTransport(new TransportOptions { Loops = 1 });
        await using var outside = new SocketsTransport();
        var handler = new RecordingHandler();
        await using var listener = await engine.ListenAsync(new TransportListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0), Backlog = 1024 }, Cancelled);
        listener.Start(handler);
        var pairs = new List<(TransportConnection Outside, TransportConnection Inside)>();
        for (var i = 0; i < clients + 4; i++)
        {
            var connected = (await outside.ConnectAsync(listener.LocalEndPoint, new TransportConnectOptions(), Cancelled)).Connection!;
            pairs.Add((connected, await handler.NextAsync()));
        }

        var loop = pairs[0].Inside.Executor;
        var (turns, trips) = (new List<double>(), new List<double>());
        using var stop = new CancellationTokenSource();
        var pinging = pairs[..4].Select(async pair =>
        {
            _ = EchoAsync(pair.Inside);
            while (!stop.IsCancellationRequested)
            {
                var startedAt = Stopwatch.GetTimestamp();
                await pair.Outside.SendTextAsync("ping");
                Assert.Equal("ping", await pair.Outside.ReadTextAsync(4));
                lock (trips)
                {
                    trips.Add(Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds);
                }
            }
        }).ToList();
        var last = 0L;
        loop.Post(Turn, null);
        var serving = pairs[4..].Select(async pair =>
        {
            if (hasBudget)
            {
                Assert.NotNull((await SslStreamSetup.AcceptAsync(pair.Inside, Window, static _ => RsaServer, Cancelled)).Connection);
                return;
            }

            await pair.Inside.Executor.Resume();
            await new TlsConnection(pair.Inside, Window).Stream.AuthenticateAsServerAsync(RsaServer, Cancelled);
        }).ToList();

        // All hellos are there before the loop comes to the first.
        var hellos = pairs[4..].Select((pair, i) =>
        {
            var foreign = new ForeignPeer(pair.Outside);
            foreign.Wire.Hold();
            return (Foreign: foreign, Handshake: foreign.Tls.AuthenticateAsClientAsync(Client($"crowd{i}.test"), Cancelled));
        }).ToList();
        await Task.WhenAll(hellos.Select(static hello => hello.Foreign.Wire.ReleaseAsync()));
        await Task.WhenAll([.. hellos.Select(static hello => hello.Handshake), .. serving]).WaitAsync(TimeSpan.FromSeconds(60), Cancelled);
        await stop.CancelAsync();
        await Task.WhenAll(pinging);
        await loop.Resume();
        last = -1;
        foreach (var (one, other) in pairs)
        {
            one.Abort();
            other.Abort();
            await one.DisposeAsync();
            await other.DisposeAsync();
        }

        turns.Sort();
        trips.Sort();
        return (turns, trips);

        void Turn(object? state)
        {
            var now = Stopwatch.GetTimestamp();
            if (last > 0)
            {
                turns.Add(Stopwatch.GetElapsedTime(last, now).TotalMilliseconds);
            }

            if (last >= 0)
            {
                last = now;
                loop.Post(Turn, null);
            }
        }
    }
}
