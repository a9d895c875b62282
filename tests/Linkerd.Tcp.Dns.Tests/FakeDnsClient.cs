using System.Collections.Concurrent;
using System.Net;

namespace Linkerd.Tcp.Dns.Tests;

/// <summary>Name servers in memory: what they are not told about does not exist.</summary>
internal sealed class FakeDnsClient : IDnsClient
{
    private readonly ConcurrentDictionary<(string Name, DnsRecordKind Kind), Func<Task<DnsReply>>> _replies = [];

    /// <summary>The questions so far, such as <c>A web.example</c>.</summary>
    public ConcurrentQueue<string> Questions { get; } = [];

    public IReadOnlyList<IPEndPoint> LastServers { get; private set; } = [];

    public IReadOnlyList<IPEndPoint> FindServers() => [];

    public void Addresses(string name, int ttl, params string[] addresses)
    {
        foreach (var kind in new[] { DnsRecordKind.A, DnsRecordKind.Aaaa })
        {
            var ofKind = addresses.Where(address => address.Contains(':', StringComparison.Ordinal) == (kind == DnsRecordKind.Aaaa)).ToList();
            Reply(name, kind, ofKind.Count == 0 ? DnsReply.Negative(null) : Found(ttl, [.. ofKind.Select(address => Address(name, ttl, address))]));
        }
    }

    public void Services(string name, int ttl, DnsService[] services, params DnsRecord[] additional) =>
        Reply(name, DnsRecordKind.Srv, Found(ttl, [.. services.Select(service => new DnsRecord(name, TimeSpan.FromSeconds(ttl), Service: service))]) with { Additional = additional });

    public static DnsRecord Address(string name, int ttl, string address) => new(name, TimeSpan.FromSeconds(ttl), IPAddress.Parse(address));

    /// <summary>Both families, or SRV, get this answer.</summary>
    public void Fails(string name, DnsStatus status)
    {
        foreach (var kind in Enum.GetValues<DnsRecordKind>())
        {
            Reply(name, kind, DnsReply.Failed(status, status.ToString()));
        }
    }

    public void Negative(string name, int? ttl)
    {
        foreach (var kind in Enum.GetValues<DnsRecordKind>())
        {
            Reply(name, kind, DnsReply.Negative(ttl is null ? null : TimeSpan.FromSeconds(ttl.Value)));
        }
    }

    public void Reply(string name, DnsRecordKind kind, DnsReply reply) => _replies[(name, kind)] = () => Task.FromResult(reply);

    /// <summary>Both families wait for this.</summary>
    public TaskCompletionSource<DnsReply> Hangs(string name)
    {
        var source = new TaskCompletionSource<DnsReply>();
        _replies[(name, DnsRecordKind.A)] = _replies[(name, DnsRecordKind.Aaaa)] = () => source.Task;
        return source;
    }

    public DnsServers? LastQuery { get; private set; }

    public Task<DnsReply> QueryAsync(DnsServers servers, string name, DnsRecordKind kind, CancellationToken cancellationToken)
    {
        (LastQuery, LastServers) = (servers, servers.Addresses);
        Questions.Enqueue($"{kind} {name}");
        return _replies.TryGetValue((name, kind), out var reply) ? reply().WaitAsync(cancellationToken) : Task.FromResult(DnsReply.Negative(null));
    }

    private static DnsReply Found(int ttl, DnsRecord[] records) => new(DnsStatus.Found, records, [], TimeSpan.FromSeconds(ttl));
}
