namespace Linkerd.Tcp.Namerd.Documents;

/// <summary>One document of namerd: the complete state of what was asked about.</summary>
/// <param name="State">What it says.</param>
/// <param name="IsAnswer">Whether it is one of the documents that namerd sends, rather than some other JSON.</param>
internal abstract record NamerdDocument<TState>(TState State, bool IsAnswer)
{
    /// <summary>How many entries were left out because they cannot be used.</summary>
    public int Skipped { get; init; }

    /// <summary>One of them, and why.</summary>
    public string? SkippedExample { get; init; }

    /// <summary>How many weights were not valid, and count as 1.</summary>
    public int InvalidWeights { get; init; }
}
