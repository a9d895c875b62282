using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Providers;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Linkerd.Tcp.Transport.Sockets;
using Xunit;

namespace Linkerd.Tcp.Tests.Primitives;

/// <summary>What is true of all options of the package, which are found by themselves.</summary>
public sealed class OptionsTests
{
    private static readonly DstPath Name = DstPath.Parse("/svc/web");
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    private static ClientNetworks Networks => new(IPNetwork.Parse("10.0.0.0/8"));

    // A class that is not here fails the tests.
    private static readonly Dictionary<Type, OptionsTable.Entry> HandOver = new()
    {
        [typeof(AcceptProxyOptions)] = Of("Listeners[0].AcceptProxy.", static () => new() { Trusted = Networks }, static (AcceptProxyOptions own) => Proxy(new() { Listeners = [new(AnyPort, Name) { AcceptProxy = own }] })),
        [typeof(ActiveCheckOptions)] = Of("Check.", static () => new(), static (ActiveCheckOptions own) => Destination(new() { Resolver = new StaticResolver(), Check = own })),
        [typeof(ApertureOptions)] = Of("Aperture.", static () => new() { Instance = 0, Instances = 1 }, static (ApertureOptions own) => Balancers(new() { Aperture = own })),
        [typeof(BalancerOptions)] = Of("", static () => new() { Aperture = new() { Instance = 0, Instances = 1 } }, static (BalancerOptions own) => Balancers(own)),
        [typeof(CertificateFiles)] = Of("", static () => new() { CertificateFile = "c.pem" }, static (CertificateFiles own) => OptionsValidator.Validated(own.Copy(), static (files, validator) => files.Validate(validator))),
        [typeof(CircuitBreakerOptions)] = Of("Breaker.", static () => new() { MaxBackoff = TimeSpan.FromDays(49) }, static (CircuitBreakerOptions own) => Balancers(new() { Breaker = own })),
        [typeof(ConnectOptions)] = Of("Connect.", static () => new() { SourceAddresses = [IPAddress.Loopback], Tcp = new() }, static (ConnectOptions own) => Proxy(new() { Listeners = [new(AnyPort, Name)], Connect = own })),
        [typeof(DestinationOptions)] = Of("", NewDestination, static (DestinationOptions own) => Destination(own)),
        [typeof(DuplexOptions)] = Of("", static () => new(), static (DuplexOptions own) => new DuplexProxy(own)),
        [typeof(TransportListenOptions)] = Of("", static () => new() { EndPoint = AnyPort }, static (TransportListenOptions own) => Listener(own)),
        [typeof(HostResolverOptions)] = Of("", static () => new(), static (HostResolverOptions own) => new HostResolver(["web:80"], own)),
        [typeof(ListenerOptions)] = Of("Listeners[0].", static () => new(AnyPort, Name) { AcceptRate = 1, AcceptProxy = new() { Trusted = Networks }, Tls = NewTls(), Duplex = new() }, static (ListenerOptions own) => Proxy(new() { Listeners = [own] })),
        [typeof(RetryBudgetOptions)] = Of("RetryBudget.", static () => new(), static (RetryBudgetOptions own) => Destination(new() { Resolver = new StaticResolver(), RetryBudget = own })),
        [typeof(DestinationRegistryOptions)] = Of("", static () => new(), static (DestinationRegistryOptions own) => new DestinationRegistry(static _ => throw new InvalidOperationException(), options: own)),
        [typeof(ListenerTlsOptions)] = Of("", NewTls, static (ListenerTlsOptions own) => OptionsValidator.Validated(own.Copy(), static (tls, validator) => tls.Validate(validator, TlsProvider.Of(tls.Provider, problem: null)))),
        [typeof(ServerTlsOptions)] = Of("", static () => new() { Certificate = NewFiles() }, static (ServerTlsOptions own) => OptionsValidator.Validated(own.Copy(), static (tls, validator) => tls.Validate(validator, TlsProvider.Of(tls.Provider, problem: null)))),
        [typeof(SendProxyOptions)] = Of("SendProxy.", static () => new(), static (SendProxyOptions own) => Destination(new() { Resolver = new StaticResolver(), SendProxy = own })),
        [typeof(SlowStartOptions)] = Of("SlowStart.", static () => new(), static (SlowStartOptions own) => Balancers(new() { SlowStart = own })),
        [typeof(TcpOptions)] = Of("Tcp.", static () => new(), static (TcpOptions own) => new object[] { Proxy(new() { Listeners = [new(AnyPort, Name)], Tcp = own }), TransportConnection.From(Stream.Null, own) }),
        [typeof(TcpProxyOptions)] = Of("", static () => new() { Listeners = [new(AnyPort, Name) { AcceptProxy = new() { Trusted = Networks }, Tls = NewTls(), Duplex = new() }], Connect = new() { Tcp = new() } }, static (TcpProxyOptions own) => Proxy(own)),
        [typeof(TransportOptions)] = Of("", static () => new() { Engine = TransportEngine.Sockets }, static (TransportOptions own) => TransportFactory.Create(own)),
        [typeof(PreconnectOptions)] = Of("Preconnect.", static () => new(), static (PreconnectOptions own) => Destination(new() { Resolver = new StaticResolver(), Preconnect = own })),
    };

    private static readonly OptionsTable Table = new(HandOver);

    public static TheoryData<string> Classes => [.. OptionsProbe.TypesOf(typeof(TcpProxy).Assembly).Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Classes))]
    public void Class_Options_IsPlainDataThatNoTwoInstancesShare(string name) => Assert.Empty(OptionsProbe.Faults(TypeOf(name)));

    [Theory]
    [MemberData(nameof(Classes))]
    public async Task HandOver_Options_NothingOfTheCallersIsKept(string name) => Assert.Empty(await Table.KeptAsync(TypeOf(name)));

    [Theory]
    [MemberData(nameof(Classes))]
    public async Task HandOver_ValuesAtEveryEdge_ThoseInRangeAreAcceptedAndTheOthersNamed(string name) =>
        Assert.Equal(OptionsRanges.All.Where(line => line.StartsWith(name + ".", StringComparison.Ordinal)), await Table.AcceptedAsync(TypeOf(name)));

    private static Type TypeOf(string name) => OptionsProbe.TypesOf(typeof(TcpProxy).Assembly).Single(type => type.Name == name);

    private static OptionsTable.Entry Of<T>(string path, Func<T> make, Func<T, object> handOver)
        where T : class =>
        new(path, make, options => handOver((T)options));

    private static CertificateFiles NewFiles() => new() { CertificateFile = "c.pem" };

    private static ListenerTlsOptions NewTls() => new() { Certificates = [NewFiles()] };

    private static DestinationOptions NewDestination() => new()
    {
        Resolver = new StaticResolver(),
        Balancing = new() { Aperture = new() { Instance = 0, Instances = 1 } },
        Connect = new() { Tcp = new() },
        SendProxy = new(),
        Tls = new() { Certificate = Security.Connections.Contract.TlsMaterial.Files("ok") },
        Check = new(),
    };

    // Whoever has the options of one algorithm, and of a bound that only one looks at.
    private static ILoadBalancer[] Balancers(BalancerOptions options) => Enum.GetValues<BalancerKind>().Select(kind => Updated(LoadBalancers.Create(kind, options))).ToArray();

    private static ILoadBalancer Updated(ILoadBalancer balancer)
    {
        balancer.Update(EndpointSet.Create(new IPEndPoint(IPAddress.Loopback, 1), new IPEndPoint(IPAddress.Loopback, 2)));
        return balancer;
    }

    // Its registry keeps a function of the caller's, which may have the caller's options: this one has them no more.
    private static OptionsTable.Owner Destination(DestinationOptions options)
    {
        var given = options;
        var registry = new DestinationRegistry(_ => given);
        var destination = registry.Get(Name);
        given = null!;
        return new(destination, registry);
    }

    private static TcpProxy Proxy(TcpProxyOptions options) => new(options, new DestinationRegistry(new StaticResolver()), new SocketsTransport());

    private static OptionsTable.Owner Listener(TransportListenOptions options)
    {
        var sockets = new SocketsTransport();
        var listeners = new List<ITransportListener> { Listen(sockets, options) };
        if (EpollTransport.IsSupported)
        {
            var epoll = new EpollTransport(new TransportOptions { Loops = 1 });
            listeners.Add(Listen(epoll, options));
            return new(listeners, [.. listeners, epoll]);
        }

        return new(listeners, [.. listeners]);
    }

    private static ITransportListener Listen(ITransport transport, TransportListenOptions options)
    {
        var listening = transport.ListenAsync(options, TestContext.Current.CancellationToken).AsTask();
        Assert.True(listening.IsCompleted);
        return listening.GetAwaiter().GetResult();
    }
}
