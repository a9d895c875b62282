namespace Linkerd.Tcp.Dns;

/// <summary>The version of a file's content, which changes with the content, without reading it.</summary>
/// <param name="Length">The length in bytes.</param>
/// <param name="Modified">The time at which the content was last written.</param>
internal readonly record struct TextVersion(long Length, DateTime Modified);
