namespace Linkerd.Tcp.Proxying;

/// <summary>
/// Provides a copy with another server connection, in place of one that was made before it was needed and that the server has closed before the client had
/// sent a byte.
/// </summary>
internal interface IServerReplacement
{
    /// <summary>Makes a fresh connection; called at most once in a copy. The old one belongs to the copy, which closes it after this has ended.</summary>
    /// <param name="cancellationToken">Cancelled when the copy is ended meanwhile: by its owner, a time limit, or a client that has gone.</param>
    /// <returns>The connection, which belongs to the copy then; or the reason why there is none.</returns>
    ValueTask<ServerReplacement> ReplaceAsync(CancellationToken cancellationToken);
}

/// <summary>The result of a replacement.</summary>
/// <param name="Connection">The fresh connection; null if there is none.</param>
/// <param name="Reason">The reason for which the copy ends if there is no connection. The client is reset.</param>
internal readonly record struct ServerReplacement(TransportConnection? Connection, CloseReason Reason);
