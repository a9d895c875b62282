namespace Linkerd.Tcp;

/// <summary>Knows the names of one class, such as those under <c>/$/inet</c>. Any thread.</summary>
internal interface INamer
{
    /// <summary>What its names start with.</summary>
    DstPath Prefix { get; }

    /// <summary>The id of the leaf that a name is bound to: the name without its residual. Equal ids share one watch. No I/O.</summary>
    /// <exception cref="NameBindingException">The name can never bind.</exception>
    DstPath Bind(DstPath name);

    /// <summary>
    /// The states of a leaf, the first one without waiting where it is known. Never throws for a failure of the lookup.
    /// It may end, where nothing can change any more.
    /// </summary>
    IAsyncEnumerable<Resolution> WatchAsync(DstPath id, CancellationToken cancellationToken);
}
