using System.Net;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Linkerd.Tcp.PublicApi.Tests.Embedding;

/// <summary>A resolver that a user writes.</summary>
public sealed class CustomResolverTests
{
    private static readonly DstPath Name = DstPath.Parse("/svc/web");

    [Fact]
    public async Task Watch_SetsThatChange_AreThoseOfTheDestination()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var server = new EchoServer();
        var resolver = new ScriptedResolver();
        await using var registry = new DestinationRegistry(resolver);
        var destination = registry.Get(Name);
        var updated = new SemaphoreSlim(0);
        destination.Balancer.Changed += () => updated.Release();

        resolver.Say(new Resolution.Bound(EndpointSet.Create(server.Address)));
        await destination.WaitResolvedAsync(cancellationToken);
        await using (var connection = await destination.ConnectAsync(cancellationToken))
        {
            Assert.Equal(server.Address, connection.EndPoint);
        }

        // A failure keeps the endpoints; the next set replaces them.
        resolver.Say(new Resolution.Failed("no answer"));
        resolver.Say(new Resolution.Bound(EndpointSet.Create(new IPEndPoint(IPAddress.Loopback, 1), server.Address)));
        while (destination.Balancer.Endpoints.Count < 2)
        {
            await updated.WaitAsync(cancellationToken);
        }

        Assert.Equal(Name, resolver.Watched);
    }

    private sealed class ScriptedResolver : IResolver
    {
        private readonly Channel<Resolution> _states = Channel.CreateUnbounded<Resolution>();

        public DstPath? Watched { get; private set; }

        public void Say(Resolution state) => _states.Writer.TryWrite(state);

        public async IAsyncEnumerable<Resolution> WatchAsync(DstPath name, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            Watched = name;
            await foreach (var state in _states.Reader.ReadAllAsync(cancellationToken))
            {
                yield return state;
            }
        }
    }
}
