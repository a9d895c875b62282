using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Measures round trips of sessions with TLS, one after another on a thread of its own, in windows of some hundred.</summary>
internal sealed class RoundTrips : IDisposable
{
    /// <summary>The number of sessions.</summary>
    public const int Sessions = 8;

    private const int PerWindow = 400;
    private readonly List<SslStream> _streams = [];

    /// <summary>Opens the sessions.</summary>
    public RoundTrips(IPEndPoint proxy, SslClientAuthenticationOptions options)
    {
        for (var i = 0; i < Sessions; i++)
        {
            var socket = new Socket(proxy.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 30_000 };
            socket.Connect(proxy);
            var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            _streams.Add(stream);
            stream.AuthenticateAsClient(options);
        }
    }

    /// <summary>Measures two in turns, so that both meet the same machine, until something is done, and for so many windows at least.</summary>
    /// <returns>Of each, the median of the windows' 99th percentiles.</returns>
    public static Task<(TimeSpan First, TimeSpan Second)> CompareAsync(RoundTrips first, RoundTrips second, Task until, int windows) => Task.Factory.StartNew(
        () =>
        {
            var (ofFirst, ofSecond) = (new List<TimeSpan>(), new List<TimeSpan>());
            while (!until.IsCompleted || ofFirst.Count < windows)
            {
                ofFirst.Add(first.MeasureWindow());
                ofSecond.Add(second.MeasureWindow());
            }

            return (Median(ofFirst), Median(ofSecond));
        },
        TestContext.Current.CancellationToken,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    public void Dispose() => _streams.ForEach(stream => stream.Dispose());

    private static TimeSpan Median(List<TimeSpan> times)
    {
        times.Sort();
        return times[times.Count / 2];
    }

    private TimeSpan MeasureWindow()
    {
        var times = new List<TimeSpan>(PerWindow);
        var bytes = new byte[64];
        for (var i = 0; i < PerWindow; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            _streams[i % Sessions].Write(bytes);
            _streams[i % Sessions].ReadExactly(bytes);
            times.Add(Stopwatch.GetElapsedTime(begun));
        }

        times.Sort();
        return times[PerWindow * 99 / 100];
    }
}
