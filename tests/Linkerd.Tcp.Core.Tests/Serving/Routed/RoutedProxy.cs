using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using System.Threading.Channels;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Tests.Diagnostics;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving.Routed;

/// <summary>A proxy on a real engine, whose one listener has rules of server names, and a server for each name.</summary>
internal sealed class RoutedProxy : IAsyncDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<string, RecordingServer> _servers = new();
    private readonly Channel<SessionRecord> _records = Channel.CreateUnbounded<SessionRecord>();
    private readonly ITransport _transport;

    private RoutedProxy(ITransport transport) => _transport = transport;

    public static TheoryData<TransportEngine> Engines => [TransportEngine.Epoll, TransportEngine.Sockets];

    public DestinationRegistry Registry { get; private set; } = null!;

    public TcpProxy Proxy { get; private set; } = null!;

    public LogRecorder Logs { get; } = new();

    public EndPoint EndPoint => Proxy.LocalEndPoints[0];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Starts a proxy.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="rules">The rules.</param>
    /// <param name="otherwise">The name of clients to which none applies; null: there is none.</param>
    /// <param name="configure">Changes the listener.</param>
    /// <param name="destinations">Changes what all destinations are made of.</param>
    /// <param name="limits">The limits of names that clients choose.</param>
    /// <param name="proxy">Changes the options of the proxy.</param>
    public static async Task<RoutedProxy> StartAsync(
        TransportEngine engine, string[] rules, string? otherwise = null, Action<ListenerOptions>? configure = null, Action<DstPath, DestinationOptions>? destinations = null, DestinationRegistryOptions? limits = null, Action<TcpProxyOptions>? proxy = null)
    {
        var bed = new RoutedProxy(TransportFactory.Create(new TransportOptions { Engine = engine, Loops = 1 }));
        DestinationOptions Make(DstPath name)
        {
            var options = new DestinationOptions
            {
                Resolver = new StaticResolver(bed.Server(name.ToString()).EndPoint),
                Connect = new ConnectOptions { MaxAttempts = 1, AttemptTimeout = TimeSpan.FromSeconds(5) },
            };
            destinations?.Invoke(name, options);
            return options;
        }

        bed.Registry = new DestinationRegistry(Make, bed.Logs, options: limits);
        var options = Options(rules, otherwise, configure);
        proxy?.Invoke(options);
        bed.Proxy = new TcpProxy(options, bed.Registry, bed._transport, bed.Logs, observer: new Observer(bed._records.Writer));
        await bed.Proxy.StartAsync(Cancelled);
        return bed;
    }

    public static TcpProxyOptions Options(string[] rules, string? otherwise = null, Action<ListenerOptions>? configure = null, EndPoint? endPoint = null)
    {
        var listener = new ListenerOptions(endPoint ?? new IPEndPoint(IPAddress.Loopback, 0), otherwise is null ? null : DstPath.Parse(otherwise)) { ServerNameRules = [.. rules.Select(ServerNameRule.Parse)] };
        configure?.Invoke(listener);
        return new TcpProxyOptions { Listeners = [listener] };
    }

    /// <summary>The server of a name.</summary>
    public RecordingServer Server(string name) => _servers.GetOrAdd(name, static name => new RecordingServer(name));

    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(EndPoint, Cancelled);
        return socket;
    }

    /// <summary>Connects and sends bytes.</summary>
    public async Task<Socket> SendAsync(params byte[] bytes)
    {
        var socket = await ConnectAsync();
        await socket.SendAllAsync(bytes);
        return socket;
    }

    /// <summary>Connects and begins a TLS handshake.</summary>
    public async Task<SslStream> ConnectTlsAsync(string name, string? protocol = null, Socket? socket = null)
    {
        var tls = new SslStream(new NetworkStream(socket ?? await ConnectAsync(), ownsSocket: true));
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = name,
                ApplicationProtocols = protocol is null ? null : [new SslApplicationProtocol(protocol)],
                EnabledSslProtocols = SslProtocols.Tls13,
                RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
            },
            Cancelled).WaitAsync(Limit, Cancelled);
        return tls;
    }

    /// <summary>Reads a line, which servers answer with.</summary>
    public static async Task<string> ReadLineAsync(Stream stream)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await stream.ReadAsync(one, Cancelled).AsTask().WaitAsync(Limit, Cancelled) == 1 && one[0] != '\n')
        {
            line.Append((char)one[0]);
        }

        return line.ToString();
    }

    public static async Task<string> ReadLineAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket);
        return await ReadLineAsync(stream);
    }

    /// <summary>Reads up to the FIN.</summary>
    public static async Task<byte[]> ReadToEndAsync(Socket socket)
    {
        var bytes = new List<byte>();
        var buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer, Cancelled).AsTask().WaitAsync(Limit, Cancelled) is var count and > 0)
        {
            bytes.AddRange(buffer.AsSpan(0, count));
        }

        return [.. bytes];
    }

    public static async Task ExpectResetAsync(Socket socket) =>
        Assert.Equal(SocketError.ConnectionReset, (await Assert.ThrowsAsync<SocketException>(() => ReadToEndAsync(socket))).SocketErrorCode);

    /// <summary>The record of the next session that ends.</summary>
    public async Task<SessionRecord> NextAsync() => await _records.Reader.ReadAsync(Cancelled).AsTask().WaitAsync(Limit, Cancelled);

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        await _transport.DisposeAsync();
        await Registry.DisposeAsync();
        foreach (var server in _servers.Values)
        {
            await server.DisposeAsync();
        }
    }

    private sealed class Observer(ChannelWriter<SessionRecord> records) : ISessionObserver
    {
        public void OnSessionEnded(SessionRecord record) => records.TryWrite(record);
    }
}
