using System.Collections.Concurrent;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.PublicApi.Tests.Embedding;

/// <summary>A namer that a user writes: a resolver of its own behind a prefix of the interpreter.</summary>
public sealed class CustomNamerTests
{
    [Fact]
    public async Task Namer_InTheInterpreter_GivesTheEndpointsOfItsNames()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var server = new EchoServer();
        var services = new ServiceTable();
        var interpreter = new LocalInterpreter(new LocalInterpreterOptions
        {
            Dtab = Dtab.Parse("/svc => /#/table"),
            Namers = [new ResolverNamer(DstPath.Parse("/#/table"), services)],
        });
        await using var registry = new DestinationRegistry(interpreter);
        var destination = registry.Get(DstPath.Parse("/svc/web"));

        services.Set("/web", EndpointSet.Create(server.Address));
        await using var connection = await destination.ConnectAsync(cancellationToken);
        Assert.Equal(server.Address, connection.EndPoint);
        Assert.IsType<Resolution.Bound>(destination.Resolution);
    }

    /// <summary>A registry of services that calls back: here, a table.</summary>
    private sealed class ServiceTable : IResolver
    {
        private readonly ConcurrentDictionary<string, LatestValue<Resolution>> _services = new();

        public void Set(string name, EndpointSet endpoints) => StatesOf(name).Put(new Resolution.Bound(endpoints));

        public IAsyncEnumerable<Resolution> WatchAsync(DstPath name, CancellationToken cancellationToken = default) => StatesOf(name.ToString()).ReadAsync(cancellationToken);

        private LatestValue<Resolution> StatesOf(string name) => _services.GetOrAdd(name, static _ => new(static state => state.Rank));
    }
}
