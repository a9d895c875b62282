using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using BenchmarkDotNet.Attributes;
using Linkerd.Tcp.Security.Connections;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Benchmarks;

/// <summary>
/// How fast do bytes go through a copy? One operation writes 8 MiB in chunks on one side and reads them on the other, through a copy that runs
/// all the while: <see cref="DuplexProxy"/> over sockets, over sockets with TLS from the client, and over pipes, against <see cref="Stream.CopyToAsync(Stream)"/> both ways, the same
/// with an <see cref="SslStream"/>, and a pair of <see cref="PipeReader.CopyToAsync(PipeWriter, CancellationToken)"/>.
/// </summary>
[MemoryDiagnoser]
public class CopyThroughputBenchmark
{
    private const int BytesPerOperation = 8 << 20;
    private const string ServerName = "server.example.com";

    private readonly List<IDisposable> _sockets = [];
    private Stream _client = Stream.Null;
    private Stream _server = Stream.Null;
    private byte[] _chunk = [];
    private byte[] _received = [];

    [Params(1 << 10, 16 << 10, 1 << 20)]
    public int Chunk { get; set; }

    [GlobalSetup(Target = nameof(DuplexProxySockets))]
    public void SetUpDuplexProxySockets()
    {
        var ((client, left), (right, server)) = (MakeSockets(), MakeSockets());
        _ = new DuplexProxy().RunAsync(TransportConnection.From(left), TransportConnection.From(right)).AsTask();
        SetUp(new NetworkStream(client), new NetworkStream(server));
    }

    [GlobalSetup(Target = nameof(StreamCopyTo))]
    public void SetUpStreamCopyTo()
    {
        var ((client, left), (right, server)) = (MakeSockets(), MakeSockets());
        var (a, b) = (new NetworkStream(left), new NetworkStream(right));
        _ = a.CopyToAsync(b);
        _ = b.CopyToAsync(a);
        SetUp(new NetworkStream(client), new NetworkStream(server));
    }

    [GlobalSetup(Target = nameof(DuplexProxyTls))]
    public void SetUpDuplexProxyTls()
    {
        var ((client, left), (right, server)) = (MakeSockets(), MakeSockets());
        var tls = new TlsConnection(TransportConnection.From(left), new TcpOptions().WindowSize);
        var stream = Handshake(client, tls.Stream);
        _ = new DuplexProxy().RunAsync(tls, TransportConnection.From(right)).AsTask();
        SetUp(stream, new NetworkStream(server));
    }

    [GlobalSetup(Target = nameof(SslStreamCopyTo))]
    public void SetUpSslStreamCopyTo()
    {
        var ((client, left), (right, server)) = (MakeSockets(), MakeSockets());
        var (a, b) = (new SslStream(new NetworkStream(left)), new NetworkStream(right));
        var stream = Handshake(client, a);
        _ = a.CopyToAsync(b);
        _ = b.CopyToAsync(a);
        SetUp(stream, new NetworkStream(server));
    }

    [GlobalSetup(Target = nameof(DuplexProxyPipes))]
    public void SetUpDuplexProxyPipes()
    {
        var ((client, left), (right, server)) = (MakePipes(), MakePipes());
        _ = new DuplexProxy().RunAsync(TransportConnection.From(left), TransportConnection.From(right)).AsTask();
        SetUp(client.Output.AsStream(), server.Input.AsStream());
    }

    [GlobalSetup(Target = nameof(PipeReaderCopyTo))]
    public void SetUpPipeReaderCopyTo()
    {
        var ((client, left), (right, server)) = (MakePipes(), MakePipes());
        _ = left.Input.CopyToAsync(right.Output);
        _ = right.Input.CopyToAsync(left.Output);
        SetUp(client.Output.AsStream(), server.Input.AsStream());
    }

    [Benchmark]
    public Task DuplexProxySockets() => MoveAsync();

    [Benchmark(Baseline = true)]
    public Task StreamCopyTo() => MoveAsync();

    [Benchmark]
    public Task DuplexProxyTls() => MoveAsync();

    [Benchmark]
    public Task SslStreamCopyTo() => MoveAsync();

    [Benchmark]
    public Task DuplexProxyPipes() => MoveAsync();

    [Benchmark]
    public Task PipeReaderCopyTo() => MoveAsync();

    [GlobalCleanup]
    public void CleanUp()
    {
        _client.Dispose();
        _server.Dispose();
        _sockets.ForEach(static socket => socket.Dispose());
    }

    private void SetUp(Stream client, Stream server)
    {
        _client = client;
        _server = server;
        _chunk = new byte[Chunk];
        _received = new byte[1 << 20];
    }

    private async Task MoveAsync()
    {
        var writing = WriteAsync();
        for (var left = BytesPerOperation; left > 0;)
        {
            left -= await _server.ReadAsync(_received);
        }

        await writing;
    }

    private async Task WriteAsync()
    {
        for (var left = BytesPerOperation; left > 0; left -= Chunk)
        {
            await _client.WriteAsync(_chunk);
        }
    }

    private static SslStream Handshake(Socket client, SslStream server)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest($"CN={ServerName}", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var stream = new SslStream(new NetworkStream(client));
        Task.WaitAll(
            server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }),
            stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = ServerName, RemoteCertificateValidationCallback = (_, given, _, _) => given?.GetCertHashString() == certificate.Thumbprint }));
        return stream;
    }

    private (Socket Connecting, Socket Accepted) MakeSockets()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var connecting = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        connecting.Connect(listener.LocalEndPoint!);
        var accepted = listener.Accept();
        accepted.NoDelay = true;
        _sockets.AddRange([connecting, accepted]);
        return (connecting, accepted);
    }

    private static (IDuplexPipe Near, IDuplexPipe Far) MakePipes()
    {
        var (up, down) = (new Pipe(), new Pipe());
        return (new DuplexPipe(down.Reader, up.Writer), new DuplexPipe(up.Reader, down.Writer));
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
