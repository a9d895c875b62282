namespace Linkerd.Tcp.Proxying;

/// <summary>The first end of a copy.</summary>
/// <param name="ByServer">True if the server sent its FIN or RST before the client did, and before we ended the copy.</param>
/// <param name="After">The time for which the copy had run then.</param>
internal readonly record struct FirstEnd(bool ByServer, TimeSpan After);
