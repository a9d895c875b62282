using System.Net;
using DnsClient;
using DnsClient.Protocol;

namespace Linkerd.Tcp;

/// <summary>Asks over UDP, and over TCP where an answer was truncated, by the library DnsClient.</summary>
internal sealed class LibraryDnsClient : IDnsClient
{
    private readonly Lock _lock = new();
    private LookupClient? _client;
    private (IReadOnlyList<IPEndPoint> Servers, TimeSpan Timeout) _of = ([], default);

    public IReadOnlyList<IPEndPoint> FindServers() =>
        [.. NameServer.ResolveNameServers().Select(server => new IPEndPoint(IPAddress.Parse(server.Address), server.Port))];

    public async Task<DnsReply> QueryAsync(
        IReadOnlyList<IPEndPoint> servers, string name, DnsRecordKind kind, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            return ToReply(await ClientFor(servers, timeout).QueryAsync(name, TypeOf(kind), QueryClass.IN, cancellationToken).ConfigureAwait(false), kind);
        }
        catch (ArgumentException)
        {
            // With a domain of the search list it is longer than a name may be.
            return DnsReply.Negative(null);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return DnsReply.Failed(DnsStatus.Unanswered, (e.InnerException ?? e).Message);
        }
    }

    private static QueryType TypeOf(DnsRecordKind kind) => kind switch
    {
        DnsRecordKind.A => QueryType.A,
        DnsRecordKind.Aaaa => QueryType.AAAA,
        _ => QueryType.SRV,
    };

    private static DnsReply ToReply(IDnsQueryResponse response, DnsRecordKind kind)
    {
        var code = response.Header.ResponseCode;
        if (code is not (DnsHeaderResponseCode.NoError or DnsHeaderResponseCode.NotExistentDomain))
        {
            return DnsReply.Failed(
                code == DnsHeaderResponseCode.Refused ? DnsStatus.Refused : DnsStatus.ServerFailed, $"name server {response.NameServer?.Address} answered {code}");
        }

        var answers = response.Answers.Select(ToRecord).OfType<DnsRecord>()
            .Where(record => kind == DnsRecordKind.Srv ? record.Service is not null : record.Address is not null).ToList();
        if (code == DnsHeaderResponseCode.NotExistentDomain || answers.Count == 0)
        {
            // RFC 2308: the lesser of the record's own time and the one in it.
            var soa = response.Authorities.OfType<SoaRecord>().FirstOrDefault();
            return DnsReply.Negative(soa is null ? null : TimeSpan.FromSeconds(Math.Min(soa.InitialTimeToLive, soa.Minimum)));
        }

        // The aliases on the way are part of the answer.
        var ttl = response.Answers.Min(record => record.InitialTimeToLive);
        return new DnsReply(DnsStatus.Found, answers, [.. response.Additionals.Select(ToRecord).OfType<DnsRecord>()], TimeSpan.FromSeconds(ttl));
    }

    private static DnsRecord? ToRecord(DnsResourceRecord record)
    {
        var (name, ttl) = (NameOf(record.DomainName), TimeSpan.FromSeconds(record.InitialTimeToLive));
        return record switch
        {
            AddressRecord address => new DnsRecord(name, ttl, Address: address.Address),
            SrvRecord srv => new DnsRecord(name, ttl, Service: new DnsService(srv.Priority, srv.Weight, srv.Port, NameOf(srv.Target))),
            _ => null,
        };
    }

    private static string NameOf(DnsString name) => name.Value.TrimEnd('.');

    private LookupClient ClientFor(IReadOnlyList<IPEndPoint> servers, TimeSpan timeout)
    {
        lock (_lock)
        {
            if (_client is null || timeout != _of.Timeout || !servers.SequenceEqual(_of.Servers))
            {
                _of = (servers, timeout);
                _client = new LookupClient(new LookupClientOptions([.. servers])
                {
                    Timeout = timeout,
                    Retries = 1,
                    UseCache = false,
                    UseTcpFallback = true,
                    UseRandomNameServer = false,
                    ThrowDnsErrors = false,
                    ContinueOnDnsError = true,
                    ContinueOnEmptyResponse = false,
                });
            }

            return _client;
        }
    }
}
