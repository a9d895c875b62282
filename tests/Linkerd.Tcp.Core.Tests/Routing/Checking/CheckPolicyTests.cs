using System.Net;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Tests.Serving;
using Linkerd.Tcp.TestUtilities;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing.Checking;

/// <summary>Checks connect as sessions do.</summary>
public sealed class CheckPolicyTests
{
    private static readonly IPAddress OfProxy = IPAddress.Parse("10.9.0.1");
    private static readonly IPAddress OfDestination = IPAddress.Parse("10.9.0.2");

    [Fact]
    public Task Check_ProxyConnectsFromAnAddress_ComesFromIt() => RunAsync(OfProxy, static options => options);

    [Fact]
    public Task Check_DestinationConnectsFromAnAddress_ComesFromThat() =>
        RunAsync(OfDestination, static options => options.With(own => own.Connect = new ConnectOptions { SourceAddresses = [OfDestination] }));

    [Fact]
    public Task Check_DestinationHasAPolicyWithoutAnAddress_ComesFromAny() => RunAsync(null, static options => options.With(own => own.Connect = new ConnectOptions()));

    private static Task RunAsync(IPAddress? expected, Func<DestinationOptions, DestinationOptions> configure) => SimulatedProxy.RunAsync(async bed =>
    {
        Array.ForEach([OfProxy, OfDestination], bed.ProxyHost.AddAddress);
        SimulatedBackend[] backends = [await bed.AddBackendAsync(), await bed.AddBackendAsync()];
        bed.Resolver.Update(EndpointSet.Create(backends.Select(backend => backend.Address)));
        var check = new ActiveCheckOptions { Interval = TimeSpan.FromMilliseconds(100) };
        await bed.StartAsync(
            new TcpProxyOptions { Listeners = [bed.NewListener()], Connect = new ConnectOptions { SourceAddresses = [OfProxy] } },
            configure: options => configure(options.With(own => own.Check = check)));
        await bed.ResolvedAsync();
        await bed.UntilAsync(() => backends.All(backend => backend.Accepted.Count >= 3));
        var sources = backends.SelectMany(backend => backend.Accepted).Select(connection => ((IPEndPoint)connection.RemoteEndPoint!).Address).Distinct().ToList();
        Assert.DoesNotContain(sources, source => expected is null ? source.Equals(OfProxy) || source.Equals(OfDestination) : !source.Equals(expected));

        // A session goes the same way.
        await bed.ConnectAsync();
        var counts = backends.Sum(backend => backend.Accepted.Count);
        await bed.UntilAsync(() => backends.Sum(backend => backend.Accepted.Count) > counts);
        Assert.Equal(sources, backends.SelectMany(backend => backend.Accepted).Select(connection => ((IPEndPoint)connection.RemoteEndPoint!).Address).Distinct());
    });
}
