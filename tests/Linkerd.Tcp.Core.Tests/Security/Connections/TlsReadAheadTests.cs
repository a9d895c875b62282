using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Linkerd.Tcp.Security.Connections;
using Linkerd.Tcp.Tests.Security.Connections.Contract;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Security.Connections;

/// <summary>On a loop, records that have arrived are received together, and none is waited for.</summary>
public sealed class TlsReadAheadTests
{
    private const int Record = 16 * 1024;
    private static readonly SslServerAuthenticationOptions Server = new() { ServerCertificateContext = TlsMaterial.Context("ok"), EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 };

    [Theory]
    [InlineData(3, 64 * 1024, 3 * Record)]
    [InlineData(3, 2 * Record, 2 * Record)]
    [InlineData(3, Record + 1000, Record)]
    public Task Receive_SeveralRecordsHaveArrived_AreHandedOutTogetherUpToAWindow(int records, int window, int expected) => RunAsync(window, async (ours, client) =>
    {
        var pattern = ConnectionExtensions.Pattern(records * Record);
        await SendAsync(client, [.. pattern.Chunk(Record).SelectMany(chunk => client.Seal(HandMadeClient.Data, chunk))]);
        var received = await ours.ReceiveAsync().ConfigureAwait(false);
        Assert.Equal((expected, (long)expected), (received.Data.Length, ours.BytesReceived));
        ConnectionExtensions.AssertSame(pattern, await ours.ReadAsync(pattern.Length).ConfigureAwait(false));
    });

    [Fact]
    public Task Receive_PartOfAnotherRecordHasArrived_IsNotWaitedFor() => RunAsync(64 * 1024, async (ours, client) =>
    {
        var pattern = ConnectionExtensions.Pattern(2 * Record);
        byte[] records = [.. pattern.Chunk(Record).SelectMany(chunk => client.Seal(HandMadeClient.Data, chunk))];
        var cut = Record + 5000;
        await SendAsync(client, records[..cut]);
        var (status, first) = await ours.TakeAsync().ConfigureAwait(false);
        Assert.Equal((TransportStatus.Ok, Record), (status, first.Length));
        var receiving = ours.TakeAsync();
        Assert.False(receiving.IsCompleted);
        await SendAsync(client, records[cut..]);
        var (_, second) = await receiving.ConfigureAwait(false);
        ConnectionExtensions.AssertSame(pattern, [.. first, .. second]);
    });

    [Theory]
    [InlineData("fin", TransportStatus.Truncated)]
    [InlineData("close_notify", TransportStatus.Ok)]
    [InlineData("reset", TransportStatus.Reset)]
    public Task Receive_EndIsBehindARecord_DataThenTheEnd(string kind, TransportStatus expected) => RunAsync(64 * 1024, async (ours, client) =>
    {
        var pattern = ConnectionExtensions.Pattern(Record);
        await SendAsync(client, client.Seal(HandMadeClient.Data, pattern));
        if (kind == "close_notify")
        {
            await SendAsync(client, client.Seal(HandMadeClient.Alert, [1, 0]));
        }
        else if (kind == "fin")
        {
            client.Raw.ShutdownSend();
            Assert.True(await client.Raw.FlushToPeerAsync());
        }
        else
        {
            // A record that nothing sealed.
            await SendAsync(client, [23, 3, 3, 0, 32, .. new byte[32]]);
        }

        var (data, end) = await ours.ReadToEndAsync().ConfigureAwait(false);
        Assert.Equal(expected, end);
        if (kind != "reset")
        {
            ConnectionExtensions.AssertSame(pattern, data);
        }

        Assert.Equal(expected, (await ours.ReceiveAsync().ConfigureAwait(false)).Status);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Dispose_AReadIsUnderWay_Closes(bool isAborted) => RunAsync(64 * 1024, async (ours, client) =>
    {
        byte[] records = [.. client.Seal(HandMadeClient.Data, new byte[Record]), .. client.Seal(HandMadeClient.Data, new byte[Record])];
        await SendAsync(client, records[..^1]);
        Assert.Equal(Record, (await ours.TakeAsync().ConfigureAwait(false)).Data.Length);
        if (isAborted)
        {
            ours.Abort();
            Assert.Equal(TransportStatus.Aborted, (await ours.ReceiveAsync().ConfigureAwait(false)).Status);
        }

        await ours.DisposeAsync().ConfigureAwait(false);
        var (_, end) = await client.Raw.ReadToEndAsync();
        Assert.Equal(isAborted ? TransportStatus.Reset : TransportStatus.Ok, end);
    });

    // All of it is in the kernel's buffer of our side then.
    private static async Task SendAsync(HandMadeClient client, byte[] bytes)
    {
        await client.Raw.SendAllAsync(bytes);
        Assert.True(await client.Raw.FlushToPeerAsync());
    }

    private static async Task RunAsync(int window, Func<TransportConnection, HandMadeClient, Task> test)
    {
        Assert.SkipUnless(EpollTransport.IsSupported, "There is no loop.");
        await SocketBed.RunAsync(() => new SocketBed(IPAddress.Loopback, new EpollTransport(new TransportOptions { Loops = 1 })), async bed =>
        {
            var (connected, accepted) = await bed.PairAsync();
            var accepting = SslStreamSetup.AcceptAsync(accepted, window, static _ => Server, CancellationToken.None).AsTask();
            var client = new HandMadeClient(connected, isTls13: true);
            await client.HandshakeAsync();
            var ours = bed.Own((await accepting).Connection!);
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using (ExecutionContext.SuppressFlow())
            {
                _ = RunOnLoopAsync();
            }

            await ended.Task;

            async Task RunOnLoopAsync()
            {
                SynchronizationContext.SetSynchronizationContext(null);
                await ours.Executor.Resume();
                try
                {
                    await test(ours, client).ConfigureAwait(false);
                    ended.SetResult();
                }
                catch (Exception error)
                {
                    ended.SetException(error);
                }
            }
        });
    }
}
