namespace Linkerd.Tcp.Namerd.Documents;

/// <summary>How a stream of documents ended.</summary>
internal enum StreamEndKind
{
    /// <summary>As HTTP has it.</summary>
    Clean,

    /// <summary>The connection was lost, or stopped within a document.</summary>
    Lost,

    /// <summary>Something came that is no document.</summary>
    Error,
}

/// <summary>The end of a stream of documents, in words for a log.</summary>
internal sealed record StreamEnd(StreamEndKind Kind, string Message);

/// <summary>What has arrived on a stream of documents.</summary>
/// <param name="Documents">The last bound one and what came after it, oldest first.</param>
/// <param name="End">What came after them; null while the stream goes on.</param>
internal readonly record struct DocumentBatch<TState>(IReadOnlyList<NamerdDocument<TState>> Documents, StreamEnd? End)
{
    public static DocumentBatch<TState> Ended(StreamEndKind kind, string message) => new([], new StreamEnd(kind, message));
}
