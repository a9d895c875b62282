namespace Linkerd.Tcp.Namerd.Documents;

/// <summary>One document of <c>/api/1/resolve</c> or <c>/api/1/addr</c>: a set of addresses, or why there is none.</summary>
/// <param name="Resolution">What it says.</param>
/// <param name="IsAnswer">Whether it is one of the documents that namerd sends, rather than some other JSON.</param>
internal sealed record ResolveDocument(Resolution Resolution, bool IsAnswer = true) : NamerdDocument<Resolution>(Resolution, IsAnswer)
{
    /// <summary>Reads a document.</summary>
    /// <param name="utf8">All of it, and nothing else.</param>
    /// <param name="error">Why it is no JSON object at all; null where it is one.</param>
    /// <returns>What it says, be it that it cannot be made sense of; null where it is no JSON object.</returns>
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
