using System.Globalization;
using System.Net;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Requests;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd.Servers;

/// <summary>
/// One namerd: a base address, and one of the addresses of its host. The state of its health belongs to <see cref="NamerdServers"/>, under its lock;
/// the rest is for any thread.
/// </summary>
internal sealed class NamerdServer : IDisposable
{
    private readonly NamerdConnections _connections;
    private readonly string _uri;
    private readonly string? _hostHeader;
    private bool _wantsCertificate;

    /// <param name="options">The options of requests.</param>
    /// <param name="baseAddress">Its base address.</param>
    /// <param name="address">Its address; null if its host has none.</param>
    /// <param name="isOneOfSeveral">True if its host has further addresses, so that its name alone does not identify it.</param>
    /// <param name="tls">TLS to it; null if it is not used.</param>
    /// <param name="wrap">For tests: a stream between a connection and HTTP.</param>
    public NamerdServer(NamerdOptions options, Uri baseAddress, IPAddress? address, bool isOneOfSeveral, NamerdTls? tls, Func<Stream, Stream>? wrap)
    {
        BaseAddress = baseAddress;
        Address = address;
        Text = NamerdRequest.Print(baseAddress) + (isOneOfSeveral ? $" ({address})" : string.Empty);
        Backoff = RetryDelays.ServerBackoff(options.Random, options.Interval);
        _connections = new NamerdConnections(options, this, tls, wrap);

        // TLS is done beneath HTTP (see NamerdConnections), which therefore uses plain HTTP.
        var host = baseAddress.HostNameType == UriHostNameType.IPv6 ? $"[{baseAddress.IdnHost}]" : baseAddress.IdnHost;
        _uri = string.Create(CultureInfo.InvariantCulture, $"http://{host}:{baseAddress.Port}{NamerdRequest.BasePath(baseAddress)}");
        _hostHeader = IsTls ? baseAddress.IdnHost + (baseAddress.IsDefaultPort ? string.Empty : string.Create(CultureInfo.InvariantCulture, $":{baseAddress.Port}")) : null;
    }

    public Uri BaseAddress { get; }

    public IPAddress? Address { get; }

    public bool IsTls => BaseAddress.Scheme == Uri.UriSchemeHttps;

    /// <summary>True if it requested a client certificate when it was last connected to.</summary>
    public bool WantsCertificate
    {
        get => Volatile.Read(ref _wantsCertificate);
        set => Volatile.Write(ref _wantsCertificate, value);
    }

    /// <summary>Its address, for a log.</summary>
    public string Text { get; }

    /// <summary>The reason why no request is sent to it now; null if there is none.</summary>
    public ServerFailure? Mark { get; set; }

    /// <summary>True if a request finds out now if the mark still holds.</summary>
    public bool IsProbed { get; set; }

    /// <summary>The time for which it is left alone; starts over when it answers.</summary>
    public Backoff Backoff { get; }

    /// <summary>The time at which a request last succeeded; a request that began before and failed after that does not count any more.</summary>
    public long GoodAt { get; set; }

    /// <summary>True if it ever answered.</summary>
    public bool WasGood { get; set; }

    /// <summary>Sends a request; returns when the headers of the answer are there.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, bool onNewConnection, CancellationToken cancellationToken) =>
        (onNewConnection ? _connections.New : _connections.Reused).SendAsync(message, cancellationToken);

    /// <summary>Creates a message for this server.</summary>
    public HttpRequestMessage Make(string target)
    {
        var message = NamerdRequest.Make(_uri + target);
        message.Headers.Host = _hostHeader;
        return message;
    }

    public void Dispose() => _connections.Dispose();

    public override string ToString() => Text;
}
