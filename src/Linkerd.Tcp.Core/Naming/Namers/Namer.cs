using Linkerd.Tcp.Naming.Namers;

namespace Linkerd.Tcp.Naming;

/// <summary>
/// Knows the names below a prefix, such as <c>/#/io.l5d.fs</c>: which of them exist, and which addresses they have. Given to a
/// <see cref="LocalInterpreter"/> by its options. Any thread; observes nothing while nobody asks.
/// </summary>
public abstract class Namer
{
    private protected Namer(DstPath prefix) => Prefix = prefix;

    /// <summary>What its names start with.</summary>
    public DstPath Prefix { get; }

    /// <summary>
    /// Begins to observe what a name is bound to. <see cref="NameBinding.Bound"/> is a leaf whose id starts with the prefix and is the same
    /// for equal sets of addresses, or negative, fail or empty; never an alternative or a union.
    /// </summary>
    /// <param name="name">A name that starts with the prefix.</param>
    /// <param name="changed">Is called after each change of <see cref="NamerLookup.Current"/>, on any thread; it is quick, and takes no locks.</param>
    internal abstract NamerLookup Look(DstPath name, Action changed);

    /// <summary>
    /// The states of a leaf, the first one without waiting where it is known. Never throws for a failure of the lookup. It may end, where nothing
    /// can change any more.
    /// </summary>
    internal abstract IAsyncEnumerable<Resolution> WatchAsync(DstPath id, CancellationToken cancellationToken);

    /// <summary>Says what is wrong with a name that can never bind; null where it may. No I/O.</summary>
    internal virtual NameBindingException? Check(DstPath name) => null;

    /// <summary>What it is, for a log.</summary>
    public override string ToString() => Prefix.ToString();
}
