namespace Linkerd.Tcp.Naming.Namers;

/// <summary>Binds every name under a prefix to the same tree: <c>/$/nil</c>, <c>/$/fail</c>.</summary>
internal sealed class ConstantNamer(DstPath prefix, NameBinding binding) : Namer(prefix)
{
    public override NamerLookup Lookup(DstPath name, Action changed) => NamerLookup.Constant(binding);

    // Its names have no leaves, so this is only for an id from elsewhere.
    public override IAsyncEnumerable<Resolution> WatchAsync(DstPath id, CancellationToken cancellationToken = default) =>
        new Resolution[] { Resolution.Negative.Instance }.ToAsyncEnumerable();
}
