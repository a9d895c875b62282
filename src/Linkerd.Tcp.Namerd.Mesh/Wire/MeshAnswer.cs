namespace Linkerd.Tcp.Namerd.Mesh.Wire;

/// <summary>What one message says about what was asked.</summary>
internal enum MeshAnswerKind
{
    /// <summary>It is known now, even if only that there is nothing.</summary>
    Answer,

    /// <summary>Nothing is known yet.</summary>
    Pending,

    /// <summary>namerd could not find it out, or what it sent cannot be read.</summary>
    Failed,
}

/// <summary>One message, read.</summary>
/// <param name="State">The state, as it is passed on.</param>
/// <param name="Kind">What it is.</param>
internal sealed record MeshAnswer<TState>(TState State, MeshAnswerKind Kind)
{
    /// <summary>What went wrong, where it failed.</summary>
    public string? Error { get; init; }

    /// <summary>How many addresses were left out.</summary>
    public int Skipped { get; init; }

    /// <summary>What is wrong with the first address that was left out.</summary>
    public string? SkippedExample { get; init; }

    /// <summary>How many weights were not valid, and count as 1.</summary>
    public int InvalidWeights { get; init; }
}
