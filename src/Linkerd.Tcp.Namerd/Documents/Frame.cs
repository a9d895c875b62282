namespace Linkerd.Tcp.Namerd.Documents;

/// <summary>Specifies the kind of a <see cref="Frame"/>.</summary>
internal enum FrameKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Bytes that begin like a JSON object, to its last brace or to a newline.</summary>
    Object,

    /// <summary>A line, or the beginning of a long one, that does not.</summary>
    Text,

    /// <summary>The beginning of an object that exceeds the limit.</summary>
    TooLong,
}

/// <summary>A piece of a stream of documents. Its bytes are the framer's, and valid until the next read.</summary>
internal readonly record struct Frame(FrameKind Kind, ReadOnlyMemory<byte> Bytes);
