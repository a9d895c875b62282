using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Hosting.Tests;

/// <summary>Gives what a test puts.</summary>
internal sealed class ChangingResolver : IResolver
{
    private readonly LatestValue<Resolution> _states = new(static state => state.Rank);

    public void Put(Resolution resolution) => _states.Put(resolution);

    public IAsyncEnumerable<Resolution> WatchAsync(DstPath name, CancellationToken cancellationToken = default) => _states.ReadAsync(cancellationToken);
}
