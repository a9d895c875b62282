using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Benchmarks;

/// <summary>
/// What does a proxy in the way cost, by engine? A client on the benchmark's thread and a backend on a thread of its own, both with blocking sockets, and
/// between them nothing, or a <see cref="TcpProxy"/> over either engine in the same process. This is time, which hands over between threads dominate;
/// CPU time is what <c>bench/compare</c> measures.
/// </summary>
[MemoryDiagnoser]
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "CleanUp disposes of them.")]
public class RelayBenchmark
{
    private const int RoundTrips = 100;
    private const int BulkBytes = 64 << 20;
    private const byte Echo = 1;
    private const byte Bulk = 2;

    private readonly byte[] _message = new byte[64];
    private readonly byte[] _received = new byte[256 << 10];
    private Socket? _listener;
    private ITransport? _transport;
    private DestinationRegistry? _router;
    private TcpProxy? _proxy;
    private Socket? _echo;
    private Socket? _bulk;

    public enum Way
    {
        Direct,
        Epoll,
        Sockets,
    }

    [Params(Way.Direct, Way.Epoll, Way.Sockets)]
    public Way Through { get; set; }

    [GlobalSetup]
    public async Task SetUp()
    {
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        new Thread(AcceptAll) { IsBackground = true }.Start();
        var target = _listener.LocalEndPoint!;
        if (Through != Way.Direct)
        {
            _transport = TransportFactory.Create(new TransportOptions { Engine = Through == Way.Epoll ? TransportEngine.Epoll : TransportEngine.Sockets });
            _router = new DestinationRegistry(new StaticResolver(target));
            var options = new TcpProxyOptions { Listeners = [new ListenerOptions(new IPEndPoint(IPAddress.Loopback, 0), DstPath.Parse("/svc/backend"))] };
            _proxy = new TcpProxy(options, _router, _transport);
            await _proxy.StartAsync(CancellationToken.None);
            target = _proxy.LocalEndPoints[0];
        }

        _echo = Connect(target, Echo);
        _bulk = Connect(target, Bulk);
    }

    [Benchmark(OperationsPerInvoke = RoundTrips)]
    public void PingPong()
    {
        for (var i = 0; i < RoundTrips; i++)
        {
            _echo!.Send(_message);
            ReceiveExactly(_echo, _message.Length);
        }
    }

    [Benchmark]
    public void Download64MiB()
    {
        _bulk!.Send(_message);
        ReceiveExactly(_bulk, BulkBytes);
    }

    [GlobalCleanup]
    public async Task CleanUp()
    {
        _echo?.Dispose();
        _bulk?.Dispose();
        _listener?.Dispose();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
            await _router!.DisposeAsync();
            await _transport!.DisposeAsync();
        }
    }

    private static Socket Connect(EndPoint target, byte kind)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(target);
        socket.Send([kind]);
        return socket;
    }

    private void ReceiveExactly(Socket socket, int count)
    {
        while (count > 0)
        {
            var received = socket.Receive(_received, 0, Math.Min(count, _received.Length), SocketFlags.None);
            count -= received > 0 ? received : throw new IOException("The connection ended.");
        }
    }

    private void AcceptAll()
    {
        try
        {
            while (true)
            {
                var accepted = _listener!.Accept();
                accepted.NoDelay = true;
                new Thread(() => Serve(accepted)) { IsBackground = true }.Start();
            }
        }
        catch (SocketException)
        {
            // The benchmark is over.
            return;
        }
    }

    private static void Serve(Socket socket)
    {
        var buffer = new byte[256 << 10];
        try
        {
            if (socket.Receive(buffer, 0, 1, SocketFlags.None) == 0)
            {
                return;
            }

            var isBulk = buffer[0] == Bulk;
            while (socket.Receive(buffer) is var received and > 0)
            {
                for (var left = isBulk ? BulkBytes : received; left > 0;)
                {
                    left -= socket.Send(buffer, 0, Math.Min(left, buffer.Length), SocketFlags.None);
                }
            }
        }
        catch (SocketException)
        {
            // The benchmark is over.
            return;
        }
        finally
        {
            socket.Dispose();
        }
    }
}
