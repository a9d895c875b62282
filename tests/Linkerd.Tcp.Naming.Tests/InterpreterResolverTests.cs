using System.Net;
using System.Threading.Channels;
using Linkerd.Tcp.TestUtilities.Resolving;

namespace Linkerd.Tcp.Naming.Tests;

public sealed class InterpreterResolverTests
{
    private static readonly Resolution Good = new Resolution.Bound(EndpointSet.Create(new IPEndPoint(IPAddress.Loopback, 1)));

    [Fact]
    public async Task Resolve_AnotherNameWhoseLeafHasFailed_GetsItsLastGoodSetAndTheFailure()
    {
        var interpreter = new OneLeaf();
        var resolver = new InterpreterResolver(interpreter);
        await using var first = new ResolverWatch(resolver, "/svc/a");
        interpreter.States.Writer.TryWrite(Good);
        await UntilAsync(first, Good);
        var failed = new Resolution.Failed("no answer");
        interpreter.States.Writer.TryWrite(failed);
        await UntilAsync(first, failed);

        await using var second = new ResolverWatch(resolver, "/svc/b");

        Assert.Equal(Good, await second.NextAsync());
        Assert.Equal(failed, await second.NextAsync());
    }

    private static async Task UntilAsync(ResolverWatch watch, Resolution expected)
    {
        while (!(await watch.NextAsync()).Equals(expected))
        {
            // Pending, at the beginning.
            continue;
        }
    }

    // Every name is bound to one and the same leaf.
    private sealed class OneLeaf : IInterpreter
    {
        public Channel<Resolution> States { get; } = Channel.CreateUnbounded<Resolution>();

        public async IAsyncEnumerable<NameBinding> BindAsync(DstPath name, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return new NameBinding.Bound(new BoundTree.Leaf(DstPath.Parse("/#/x"), DstPath.Root));
            await Task.CompletedTask;
        }

        public IAsyncEnumerable<Resolution> ResolveIdAsync(DstPath id, CancellationToken cancellationToken) => States.Reader.ReadAllAsync(cancellationToken);
    }
}
