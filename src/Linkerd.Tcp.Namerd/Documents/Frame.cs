namespace Linkerd.Tcp.Namerd.Documents;

/// <summary>What a <see cref="Frame"/> is.</summary>
internal enum FrameKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Something that begins as a JSON object does, to its last brace or to a newline.</summary>
    Object,

    /// <summary>A line, or the beginning of a long one, that does not.</summary>
    Text,

    /// <summary>The beginning of an object that is longer than what is accepted.</summary>
    TooLong,
}

/// <summary>A piece of a stream of documents. Its bytes are the framer's, and good until the next read.</summary>
internal readonly record struct Frame(FrameKind Kind, ReadOnlyMemory<byte> Bytes);
