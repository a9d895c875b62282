namespace Linkerd.Tcp.Namerd.Documents;

/// <summary>Specifies the end of a stream of documents.</summary>
internal enum StreamEndKind
{
    /// <summary>The end of an HTTP message.</summary>
    Clean,

    /// <summary>The connection was lost, or stopped within a document.</summary>
    Lost,

    /// <summary>Data came that is not a document.</summary>
    Error,
}

/// <summary>The end of a stream of documents, with a description for a log.</summary>
internal sealed record StreamEnd(StreamEndKind Kind, string Message);

/// <summary>The documents that have arrived on a stream.</summary>
/// <param name="Documents">The last bound one and the later ones, oldest first.</param>
/// <param name="End">The end after them; null while the stream goes on.</param>
internal readonly record struct DocumentBatch<TState>(IReadOnlyList<NamerdDocument<TState>> Documents, StreamEnd? End)
{
    public static DocumentBatch<TState> Ended(StreamEndKind kind, string message) => new([], new StreamEnd(kind, message));
}
