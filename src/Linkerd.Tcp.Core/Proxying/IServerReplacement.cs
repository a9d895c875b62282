namespace Linkerd.Tcp.Proxying;

/// <summary>
/// Where a copy gets another server connection, in place of one that was made before it was needed and that the server has closed while the client had
/// not spoken yet.
/// </summary>
internal interface IServerReplacement
{
    /// <summary>Makes a fresh connection; asked at most once in a copy. The old one belongs to the copy, which closes it after this has ended.</summary>
    /// <param name="cancellationToken">Cancelled when the copy is ended meanwhile: by its owner, a time limit, or a client that has gone.</param>
    /// <returns>The connection, which belongs to the copy then; or none, and why.</returns>
    ValueTask<ServerReplacement> ReplaceAsync(CancellationToken cancellationToken);
}

/// <summary>What became of a replacement.</summary>
/// <param name="Connection">The fresh connection; null: there is none.</param>
/// <param name="Reason">Without one: why the copy ends. The client is reset.</param>
internal readonly record struct ServerReplacement(TransportConnection? Connection, CloseReason Reason);
