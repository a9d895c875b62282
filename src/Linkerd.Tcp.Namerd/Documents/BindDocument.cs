using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Namerd.Documents;

/// <summary>The addresses that a leaf had when namerd rendered a tree.</summary>
internal readonly record struct LeafSnapshot(DstPath Id, Resolution Addresses);

/// <summary>One document of <c>/api/1/bind</c>: the tree that a name is bound to.</summary>
/// <param name="Binding">Its state.</param>
/// <param name="IsAnswer">True if it is one of the documents that namerd sends, rather than some other JSON.</param>
internal sealed record BindDocument(NameBinding Binding, bool IsAnswer = true) : NamerdDocument<NameBinding>(Binding, IsAnswer)
{
    /// <summary>The addresses behind its leaves at the time. namerd sends no new document when they alone change.</summary>
    public IReadOnlyList<LeafSnapshot> Snapshots { get; init; } = [];

    /// <summary>Reads a document.</summary>
    /// <param name="utf8">The whole document, and nothing else.</param>
    /// <param name="error">The reason why it is not a JSON object at all; null if it is one.</param>
    /// <returns>Its state, which may be that it is not understood; null if it is not a JSON object.</returns>
    public static BindDocument? Parse(ReadOnlySpan<byte> utf8, out string? error)
    {
        try
        {
            error = null;
            var json = DocumentJson.Begin(utf8);
            var reader = new BindDocumentReader();
            var document = reader.Read(ref json);
            DocumentJson.End(ref json);
            return document;
        }
        catch (Exception exception) when (DocumentJson.IsMalformed(exception))
        {
            error = exception.Message;
            return null;
        }
    }
}
