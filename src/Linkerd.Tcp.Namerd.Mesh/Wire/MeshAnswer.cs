namespace Linkerd.Tcp.Namerd.Mesh.Wire;

/// <summary>Specifies the kind of the answer in one message.</summary>
internal enum MeshAnswerKind
{
    /// <summary>The state is known now, even if it is empty.</summary>
    Answer,

    /// <summary>Nothing is known yet.</summary>
    Pending,

    /// <summary>namerd failed to find the state, or its message cannot be read.</summary>
    Failed,
}

/// <summary>One message, read.</summary>
/// <param name="State">The state that is passed on.</param>
/// <param name="Kind">Its kind.</param>
internal sealed record MeshAnswer<TState>(TState State, MeshAnswerKind Kind)
{
    /// <summary>The error, if it failed.</summary>
    public string? Error { get; init; }

    /// <summary>The number of addresses that were left out.</summary>
    public int Skipped { get; init; }

    /// <summary>The problem of the first address that was left out.</summary>
    public string? SkippedExample { get; init; }

    /// <summary>The number of weights that were not valid, and count as 1.</summary>
    public int InvalidWeights { get; init; }
}
