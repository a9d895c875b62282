using System.Net;
using Linkerd.Tcp.LoadTest.Loop;
using Linkerd.Tcp.LoadTest.Measuring;
using Linkerd.Tcp.LoadTest.Native;
using Linkerd.Tcp.LoadTest.Tls;

namespace Linkerd.Tcp.LoadTest.Traffic;

/// <summary>What the peers of one run share: the loop, where to connect, and what is counted.</summary>
internal sealed class TrafficState(EventLoop loop, IPEndPoint target)
{
    // Each source address has ports of its own towards the target, so clients do not run out of them.
    private readonly InternetAddress[] _sources = [.. Enumerable.Range(1, 16).Select(static i => new InternetAddress(new(new IPAddress([127, 0, 1, (byte)i]), 0)))];
    private int _nextSource;

    public EventLoop Loop { get; } = loop;

    public InternetAddress Target { get; } = new(target);

    /// <summary>TLS of the clients, if the proxy terminates it.</summary>
    public TlsEndpoint? TlsClient { get; init; }

    /// <summary>TLS of the backend, if the proxy originates it.</summary>
    public TlsEndpoint? TlsServer { get; init; }

    public ErrorCounts Errors { get; } = new();

    public Latencies Latencies { get; } = new();

    /// <summary>Round trips or connections that were completed.</summary>
    public long Operations { get; set; }

    /// <summary>Bulk bytes that arrived, at either end.</summary>
    public long Bytes { get; set; }

    /// <summary>Ends of a verified stream at which every byte came in as it should.</summary>
    public int VerifiedEnds { get; set; }

    /// <summary>How much bulk is moved by one call.</summary>
    public int TurnBytes { get; set; } = 256 * 1024;

    /// <summary>Limits the bulk sender, where one is set.</summary>
    public Pacer? Pacer { get; set; }

    /// <summary>All ends of bulk streams that receive.</summary>
    public List<StreamPeer> Receivers { get; } = [];

    /// <summary>Loopback source addresses, in turns.</summary>
    public InternetAddress NextSource() => _sources[_nextSource++ % _sources.Length];

    /// <summary>Counts an error; ends the run where there are too many.</summary>
    public void Fail(string what)
    {
        Errors.Add(what);
        if (Errors.IsTooMany)
        {
            Loop.Stop();
        }
    }

    /// <summary>Counts an error of a call.</summary>
    public void Fail(string call, int error) => Fail($"{call}: {ErrorNumber.NameOf(error)}");
}
