using System.Net;

namespace Linkerd.Tcp.Dns;

/// <summary>Asks name servers one question, so that a test can answer. Any thread.</summary>
internal interface IDnsClient
{
    /// <summary>The name servers of the network interfaces.</summary>
    IReadOnlyList<IPEndPoint> FindServers();

    /// <summary>Asks the servers in turn until one answers. Never throws for a failure.</summary>
    /// <param name="servers">The servers.</param>
    /// <param name="name">The full name.</param>
    /// <param name="kind">What is asked for.</param>
    /// <param name="cancellationToken">Nobody needs the answer any more.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<DnsReply> QueryAsync(DnsServers servers, string name, DnsRecordKind kind, CancellationToken cancellationToken);
}
