using Linkerd.Tcp.Namerd.Servers;

namespace Linkerd.Tcp.Namerd.Http;

/// <summary>
/// An answer of namerd whose headers are there, and whose body is still to be read. Disposing it closes its connection.
/// </summary>
internal sealed class NamerdAnswer(HttpResponseMessage response, Stream body, NamerdServer server) : IDisposable
{
    public Stream Body => body;

    /// <summary>The server that sent it.</summary>
    public NamerdServer Server => server;

    /// <summary>
    /// True if this is a document of known length rather than a stream of documents. namerd sends every watch chunked; a length
    /// was added by an intermediary that does not stream.
    /// </summary>
    public bool IsComplete => Length is not null;

    /// <summary>The length in the headers, in bytes.</summary>
    public long? Length => response.Content.Headers.ContentLength;

    public void Dispose() => response.Dispose();
}
