using System.Net;

namespace Linkerd.Tcp.Dns;

/// <summary>Sends one query to name servers; a test can answer instead. Any thread.</summary>
internal interface IDnsClient
{
    /// <summary>Gets the name servers of the network interfaces.</summary>
    IReadOnlyList<IPEndPoint> FindServers();

    /// <summary>Queries the servers in turn until one answers. Never throws for a failure.</summary>
    /// <param name="servers">The servers.</param>
    /// <param name="name">The full name.</param>
    /// <param name="kind">The kind of the records.</param>
    /// <param name="cancellationToken">Cancelled when the answer is not needed any more.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<DnsReply> QueryAsync(DnsServers servers, string name, DnsRecordKind kind, CancellationToken cancellationToken);
}
