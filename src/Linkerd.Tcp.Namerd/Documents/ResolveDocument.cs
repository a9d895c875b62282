namespace Linkerd.Tcp.Namerd.Documents;

/// <summary>One document of <c>/api/1/resolve</c> or <c>/api/1/addr</c>: a set of addresses, or the reason why there is none.</summary>
/// <param name="Resolution">The state.</param>
/// <param name="IsAnswer">True if it is one of the documents that namerd sends, rather than some other JSON.</param>
internal sealed record ResolveDocument(Resolution Resolution, bool IsAnswer = true) : NamerdDocument<Resolution>(Resolution, IsAnswer)
{
    /// <summary>Reads a document.</summary>
    /// <param name="utf8">The whole document, and nothing else.</param>
    /// <param name="error">The reason why it is not a JSON object at all; null if it is one.</param>
    /// <returns>Its state, which may be that it is not understood; null if it is not a JSON object.</returns>
    public static ResolveDocument? Parse(ReadOnlySpan<byte> utf8, out string? error)
    {
        try
        {
            error = null;
            var json = DocumentJson.Begin(utf8);
            var document = ResolveDocumentReader.Read(ref json);
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
