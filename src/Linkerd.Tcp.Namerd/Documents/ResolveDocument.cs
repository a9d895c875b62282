using System.Text.Json;

namespace Linkerd.Tcp.Namerd;

/// <summary>One document of <c>/api/1/resolve</c>: the complete state of a name.</summary>
/// <param name="Resolution">What it says.</param>
/// <param name="IsAnswer">Whether it is one of the documents that namerd sends, rather than some other JSON.</param>
internal sealed record ResolveDocument(Resolution Resolution, bool IsAnswer = true)
{
    /// <summary>How many addresses were left out because they cannot be used.</summary>
    public int Skipped { get; init; }

    /// <summary>One of them, and why.</summary>
    public string? SkippedExample { get; init; }

    /// <summary>How many weights were not valid, and count as 1.</summary>
    public int InvalidWeights { get; init; }

    /// <summary>Reads a document.</summary>
    /// <param name="utf8">All of it, and nothing else.</param>
    /// <param name="error">Why it is no JSON object at all; null where it is one.</param>
    /// <returns>What it says, be it that it cannot be made sense of; null where it is no JSON object.</returns>
    public static ResolveDocument? Parse(ReadOnlySpan<byte> utf8, out string? error)
    {
        try
        {
            error = null;
            var reader = new ResolveDocumentReader();
            return reader.Read(utf8);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: what the reader throws for a string that is no UTF-8 or holds half a surrogate pair.
            error = exception.Message;
            return null;
        }
    }
}
