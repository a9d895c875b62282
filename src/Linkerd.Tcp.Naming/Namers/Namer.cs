namespace Linkerd.Tcp.Naming;

/// <summary>
/// Represents the namer of the names below a prefix, such as <c>/#/io.l5d.fs</c>: which of them exist, and which addresses they have. Given to a <see cref="LocalInterpreter"/> by its
/// options. Members may be called from any thread. A namer observes nothing before a name is looked up.
/// </summary>
/// <remarks>A <see cref="ResolverNamer"/> is a namer over any <see cref="IResolver"/>; derive from this class only if the binding of names does not depend on whether they have addresses.</remarks>
public abstract class Namer
{
    /// <summary>Initializes a namer.</summary>
    /// <param name="prefix">The labels that its names begin with.</param>
    protected Namer(DstPath prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        Prefix = prefix;
    }

    /// <summary>Gets the labels that its names begin with.</summary>
    public DstPath Prefix { get; }

    /// <summary>
    /// Begins to observe the binding of a name. <see cref="NameBinding.Bound"/> is a leaf whose id begins with the prefix and is the same for equal sets of
    /// addresses, or negative, fail or empty; never an alternative or a union.
    /// </summary>
    /// <param name="name">A name that begins with the prefix.</param>
    /// <param name="changed">Called after each change of <see cref="NamerLookup.Current"/>, on any thread; it is quick, and takes no locks.</param>
    public abstract NamerLookup Lookup(DstPath name, Action changed);

    /// <summary>
    /// Watches the addresses of a leaf: yields the current state first, without waiting if it is known, and then every change. A failed lookup is a
    /// <see cref="Resolution.Failed"/>, not an exception. The stream may end if nothing can change any more.
    /// </summary>
    /// <param name="id">The id of a leaf that this namer has bound a name to, or any other name that begins with the prefix.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public abstract IAsyncEnumerable<Resolution> WatchAsync(DstPath id, CancellationToken cancellationToken = default);

    /// <summary>Checks, without I/O, whether a name may bind.</summary>
    /// <param name="name">A name that begins with the prefix.</param>
    /// <returns>The reason why it can never bind; null, the default, if it may.</returns>
    public virtual NameBindingException? Check(DstPath name) => null;

    /// <summary>Returns the prefix, for a log.</summary>
    public override string ToString() => Prefix.ToString();
}
