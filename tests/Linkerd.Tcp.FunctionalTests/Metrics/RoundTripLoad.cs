using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.FunctionalTests.Metrics;

/// <summary>Clients of a proxy in front of an echo: some with one session each, others with one for each round trip. A round trip every few ms, so that the machine is not busy with it.</summary>
internal sealed class RoundTripLoad : IAsyncDisposable
{
    private const int Clients = 8;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(4);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly Task _running;
    private List<TimeSpan> _times = [];

    public RoundTripLoad(EndPoint proxy) => _running = Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(() => RunAsync(proxy, isOneSession: client % 2 == 0))));

    /// <summary>Takes the times of the round trips since the last call. Throws if one has failed.</summary>
    public async Task<IReadOnlyList<TimeSpan>> TakeAsync()
    {
        if (_running.IsCompleted)
        {
            await _running;
        }

        lock (_lock)
        {
            var times = _times;
            _times = [];
            times.Sort();
            return times;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync(EndPoint proxy, bool isOneSession)
    {
        Socket? socket = null;
        try
        {
            using var timer = new PeriodicTimer(Interval);
            var (sent, received) = (new byte[64], new byte[64]);
            for (long i = 0; !_stop.IsCancellationRequested; i++)
            {
                var begin = TimeProvider.System.GetTimestamp();
                socket ??= await ClientSocket.ConnectAsync(proxy);
                BinaryPrimitives.WriteInt64LittleEndian(sent, i);
                await socket.SendAsync(sent);
                for (var at = 0; at < received.Length;)
                {
                    var count = await socket.ReceiveAsync(received.AsMemory(at)).AsTask().InTimeAsync();
                    Assert.NotEqual(0, count);
                    at += count;
                }

                Assert.Equal(sent, received);
                lock (_lock)
                {
                    _times.Add(TimeProvider.System.GetElapsedTime(begin));
                }

                if (!isOneSession)
                {
                    socket.Dispose();
                    socket = null;
                }

                await timer.WaitForNextTickAsync(CancellationToken.None);
            }
        }
        finally
        {
            socket?.Dispose();
        }
    }
}
