namespace Linkerd.Tcp.Namerd.Documents;

/// <summary>One document of namerd: the complete state of the subject of the request.</summary>
/// <param name="State">The state.</param>
/// <param name="IsAnswer">True if it is one of the documents that namerd sends, rather than some other JSON.</param>
internal abstract record NamerdDocument<TState>(TState State, bool IsAnswer)
{
    /// <summary>The number of entries that were left out because they cannot be used.</summary>
    public int Skipped { get; init; }

    /// <summary>One of them, and the reason.</summary>
    public string? SkippedExample { get; init; }

    /// <summary>The number of weights that were not valid, and count as 1.</summary>
    public int InvalidWeights { get; init; }
}
