namespace Linkerd.Tcp.Dns;

/// <summary>What tells one content of a file from another without reading it.</summary>
/// <param name="Length">In bytes.</param>
/// <param name="Modified">When the content was last written.</param>
internal readonly record struct TextVersion(long Length, DateTime Modified);
