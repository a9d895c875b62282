using System.Net;
using System.Security.Cryptography.X509Certificates;
using Linkerd.Tcp.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>
/// A namerd for tests: Kestrel on a port of its own, answering the whole of namerd's HTTP interface as namerd 1.7.5 does, down to the headers and chunks; what
/// it answers is held against recordings of a real one. What it knows is set from the test (name by name, id by id, or as dtabs with files behind them) or over
/// HTTP, and every change reaches the watches at once. For what a network does to an answer there is <see cref="RawServer"/>. Any thread.
/// </summary>
public sealed class NamerdStandIn : IAsyncDisposable
{
    private readonly StandInWorld _world;
    private readonly StandInCounters _counters;
    private readonly NamerdStandInOptions _options;
    private readonly StandInDns _dns;
    private readonly ReservedPort _port;
    private WebApplication? _server;
    private CancellationTokenSource _stopped = new();
    private CancellationTokenSource _stopping = new();

    private NamerdStandIn(NamerdStandInOptions options)
    {
        _options = options;
        _world = new StandInWorld(options.Seed);
        _counters = new StandInCounters(options.Log);
        _dns = new StandInDns(_world, options);
        _port = new ReservedPort(options.EndPoint);
        EndPoint = _port.EndPoint;
        if (options.Resolver is not null)
        {
            _world.Change(namers =>
            {
                namers.Hosts.Follow = _dns.Follow;
                return [];
            });
        }
    }

    /// <summary>Where it listens. The port stays when it is stopped and started again.</summary>
    public IPEndPoint EndPoint { get; private set; }

    /// <summary>The base address for a client.</summary>
    public Uri BaseAddress => new($"{(_options.Certificate is null ? "http" : "https")}://{EndPoint}/");

    /// <summary>What it knows, for other interfaces to it.</summary>
    internal StandInWorld World => _world;

    /// <summary>How many connections were accepted.</summary>
    public int ConnectionCount => _counters.Connections;

    /// <summary>How many requests came.</summary>
    public int RequestCount => _counters.RequestCount;

    /// <summary>How many watches are open. That a client has left is noticed within milliseconds.</summary>
    public int OpenWatches => _counters.Watches;

    /// <summary>How many events were sent on watches.</summary>
    public int EventCount => _counters.Events;

    /// <summary>When the last of these events was about to be sent, as a timestamp of <see cref="System.Diagnostics.Stopwatch"/>.</summary>
    public long LastEventAt => _counters.LastEventAt;

    /// <summary>Method and target of every request, in the order of their coming.</summary>
    public IReadOnlyList<string> Requests => _counters.Requests;

    /// <summary>The headers of every request, as <see cref="Requests"/>.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> RequestHeaders => _counters.Headers;

    /// <summary>Starts one that knows nothing.</summary>
    /// <param name="address">Where it listens, on a free port. Default: the IPv4 loopback.</param>
    /// <param name="certificate">For TLS. Default: none, plain HTTP.</param>
    /// <param name="seed">Decides which branches of unions are drawn.</param>
    /// <param name="time">See <see cref="NamerdStandInOptions.Time"/>. Default: the system's.</param>
    public static Task<NamerdStandIn> StartAsync(IPAddress? address = null, X509Certificate2? certificate = null, ulong seed = 1, TimeProvider? time = null) =>
        StartAsync(new NamerdStandInOptions
        {
            EndPoint = new IPEndPoint(address ?? IPAddress.Loopback, 0),
            Certificate = certificate,
            Seed = seed,
            Time = time ?? TimeProvider.System,
        });

    /// <summary>Starts one that knows nothing.</summary>
    public static async Task<NamerdStandIn> StartAsync(NamerdStandInOptions options)
    {
        var standIn = new NamerdStandIn(options);
        await standIn.StartAgainAsync();
        return standIn;
    }

    /// <summary>Sets the state of a name in the namespace <c>default</c>; it goes before any dtab.</summary>
    public void Set(string name, NameState state) => Set("default", name, state);

    /// <summary>Sets the state of a name; null takes back what was set.</summary>
    public void Set(string ns, string name, NameState? state) => _world.SetName(ns, DstPath.Parse(name), state);

    /// <summary>Sets the addresses of an id, such as <c>/#/io.l5d.fs/web</c>; this goes before what a file says. Null takes back what was set.</summary>
    public void SetId(string id, NameState? state) => _world.SetId(DstPath.Parse(id), state);

    /// <summary>Sets the dtab of a namespace; null deletes the namespace.</summary>
    /// <exception cref="NameSyntaxException">The text is no dtab.</exception>
    public void SetDtab(string ns, string? text) => _world.SetDtab(ns, text is null ? null : StandInDtab.Parse(text));

    /// <summary>Sets a file of the namer <c>/#/io.l5d.fs</c>, such as <c>web</c> or <c>dir/leaf</c>; null deletes it.</summary>
    public void SetFile(string name, string? text) => _world.Change(namers => namers.Files.Set(name, text));

    /// <summary>Sets the addresses of a host in the stand-in's DNS. Null: it does not answer, and what needs the host is pending. A host that was never set does not exist.</summary>
    public void SetHost(string host, params string[]? addresses) => _world.Change(namers => namers.Hosts.Set(host, addresses));

    /// <summary>Adds the namer <c>/#/io.l5d.tfs</c>, over the same files, whose transformer sends everything to one id such as <c>/$/inet/127.0.0.1/7777</c>.</summary>
    public void SetTransformer(string target) => _world.Change(namers => namers.Transform(DstPath.Parse(target)));

    /// <summary>Waits until so many requests have come since the start.</summary>
    public Task WaitForRequestsAsync(int count, CancellationToken cancellationToken = default) =>
        _counters.WaitAsync(counters => counters.RequestCount >= count, cancellationToken);

    /// <summary>Waits until so many events were sent on watches since the start.</summary>
    public Task WaitForEventsAsync(int count, CancellationToken cancellationToken = default) =>
        _counters.WaitAsync(counters => counters.Events >= count, cancellationToken);

    /// <summary>Waits until so many watches are open.</summary>
    public Task WaitForWatchesAsync(int count, CancellationToken cancellationToken = default) =>
        _counters.WaitAsync(counters => counters.Watches == count, cancellationToken);

    /// <summary>Stops as a process that is killed does: nothing listens any more, and every connection ends without the end of its answer.</summary>
    public Task StopAsync() => StopAsync(TimeSpan.Zero);

    /// <summary>
    /// Stops as a process that is asked to does: from now on nothing listens, the watches are silent whatever changes, and when the grace is over every
    /// connection ends without the end of its answer. namerd's grace is 10 s.
    /// </summary>
    public async Task StopAsync(TimeSpan grace)
    {
        if (_server is { } server)
        {
            _server = null;
            await _stopping.CancelAsync();
            if (grace > TimeSpan.Zero)
            {
                // Kestrel stops listening at once, and waits for the connections.
                var closing = server.StopAsync();
                await Task.Delay(grace, _options.Time);
                await _stopped.CancelAsync();
                await closing;
            }

            await _stopped.CancelAsync();
            await server.StopAsync();
            await server.DisposeAsync();
            _stopped.Dispose();
            _stopping.Dispose();
        }
    }

    /// <summary>Listens, on the port that it had before if there was one. What it knew it knows.</summary>
    public async Task StartAgainAsync()
    {
        (_stopped, _stopping) = (new CancellationTokenSource(), new CancellationTokenSource());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(EndPoint, listen =>
        {
            if (_options.Certificate is { } certificate)
            {
                listen.UseHttps(certificate, https =>
                {
                    https.ClientCertificateMode = _options.ClientCertificate is null ? ClientCertificateMode.NoCertificate : ClientCertificateMode.RequireCertificate;
                    https.ClientCertificateValidation = (shown, _, _) => _options.ClientCertificate!(shown);
                });
            }

            listen.Run(ServeAsync);
        }));
        var server = builder.Build();
        await server.StartAsync();
        var addresses = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        EndPoint = new IPEndPoint(EndPoint.Address, new Uri(addresses.First()).Port);
        _server = server;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _dns.DisposeAsync();
        _port.Dispose();
        _stopped.Dispose();
        _stopping.Dispose();
    }

    private Task ServeAsync(ConnectionContext connection)
    {
        _counters.Connection();
        return new StandInConnection(connection, new StandInRouter(_world, _counters, _options.Time), _stopping.Token, _stopped.Token).RunAsync();
    }
}
