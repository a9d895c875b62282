namespace Linkerd.Tcp;

/// <summary>Gives every name under a prefix the same state: <c>/$/nil</c>, <c>/$/fail</c>.</summary>
internal sealed class ConstantNamer(DstPath prefix, Resolution state) : INamer
{
    public DstPath Prefix => prefix;

    public DstPath Bind(DstPath name) => prefix;

    public IAsyncEnumerable<Resolution> WatchAsync(DstPath id, CancellationToken cancellationToken) => new[] { state }.ToAsyncEnumerable();
}
