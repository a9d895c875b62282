using System.Globalization;
using Linkerd.Tcp.LoadTest.Loop;
using Linkerd.Tcp.LoadTest.Native;
using Linkerd.Tcp.LoadTest.Traffic;

namespace Linkerd.Tcp.LoadTest.Crowds;

/// <summary>
/// Clients that connect, get an echo, close and begin again; in the middle of it the proxy is asked to stop softly. A client ends when it is refused. Lost is
/// whoever had connected and was reset, or got no answer.
/// </summary>
internal sealed class Stop(CrowdSettings settings) : CrowdRound(settings)
{
    private const int PayloadBytes = 64;
    private static readonly TimeSpan Before = TimeSpan.FromMilliseconds(700);

    // A SYN that was dropped comes again after a second, and after two more.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    public override string Header => "sessions lost";

    protected override (double Value, string Text) Run(EventLoop loop, TrafficState traffic, Action stopProxy)
    {
        var clients = new Clients(loop, traffic, Settings.Clients);
        for (var i = 0; i < Settings.Clients; i++)
        {
            new RequestPeer(traffic, clients, PayloadBytes).Open();
        }

        loop.RunFor(Before);
        stopProxy();
        loop.RunFor(Patience);
        var refused = traffic.Errors.ByKind.Where(static kind => IsRefusal(kind.Key)).Sum(static kind => kind.Value);
        var lost = traffic.Errors.Total - refused + clients.Busy;
        var kinds = string.Join(", ", traffic.Errors.ByKind.Select(static kind => $"{kind.Value} x {kind.Key}"));
        return (lost, string.Create(CultureInfo.InvariantCulture, $"{lost} lost of {traffic.Operations + lost} ({kinds}; {clients.Busy} without an answer)"));
    }

    private static bool IsRefusal(string kind) => kind.EndsWith(ErrorNumber.NameOf(ErrorNumber.ConnectionRefused), StringComparison.Ordinal);

    private sealed class Clients(EventLoop loop, TrafficState traffic, int count) : IRequestOwner
    {
        public int Busy { get; private set; } = count;

        public bool OnEcho(RequestPeer peer, long now)
        {
            traffic.Operations++;
            peer.Close();
            peer.Open();
            return false;
        }

        public void OnFailed(RequestPeer peer)
        {
            if (--Busy == 0)
            {
                loop.Stop();
            }
        }
    }
}
