using System.Net;

namespace Linkerd.Tcp.Dns;

/// <summary>Sends one query to one name server; a test can answer instead. Any thread.</summary>
internal interface IDnsExchange
{
    /// <exception cref="TimeoutException">There was no answer in time.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The server cannot be reached.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<DnsReply> AskAsync(IPEndPoint server, string name, DnsRecordKind kind, TimeSpan timeout, CancellationToken cancellationToken);
}
