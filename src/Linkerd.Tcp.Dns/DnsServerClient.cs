using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Linkerd.Tcp.Dns;

/// <summary>
/// Queries name servers in turn. If one answers with an error, or nothing listens there, the next one is queried at once; only a silent one takes its time,
/// and is tried again. One that was silent or not there is queried after the others for a while, and then by one query alone, so that it costs the time of no more than one
/// query. Any thread.
/// </summary>
internal sealed class DnsServerClient(IDnsExchange exchange, TimeProvider timeProvider) : IDnsClient
{
    private static readonly TimeSpan LeftAloneFor = TimeSpan.FromSeconds(30);
    private readonly Lock _lock = new();

    // The time at which those that failed were last given another chance.
    private readonly Dictionary<IPEndPoint, long> _failed = [];
    private uint _questions;

    public static DnsServerClient For(TimeProvider timeProvider) => new(new DnsExchange(timeProvider), timeProvider);

    public IReadOnlyList<IPEndPoint> FindServers() =>
    [
        .. NetworkInterface.GetAllNetworkInterfaces().Where(network => network.OperationalStatus == OperationalStatus.Up)
            .SelectMany(network => network.GetIPProperties().DnsAddresses).Where(address => !address.IsIPv6SiteLocal).Distinct().Select(address => new IPEndPoint(address, 53)),
    ];

    public async Task<DnsReply> QueryAsync(DnsServers servers, string name, DnsRecordKind kind, CancellationToken cancellationToken)
    {
        var failures = new Dictionary<IPEndPoint, DnsReply>();
        var left = Order(servers);
        for (var attempt = 0; attempt < servers.Attempts && left.Count > 0; attempt++)
        {
            var silent = new List<IPEndPoint>();
            foreach (var server in left)
            {
                var reply = await AskAsync(server, servers.Timeout, name, kind, silent, cancellationToken).ConfigureAwait(false);
                if (reply.Status <= DnsStatus.Negative)
                {
                    return reply;
                }

                failures[server] = reply;
            }

            left = silent;
        }

        return Worst([.. failures.Values]);
    }

    private async Task<DnsReply> AskAsync(IPEndPoint server, TimeSpan timeout, string name, DnsRecordKind kind, List<IPEndPoint> silent, CancellationToken cancellationToken)
    {
        try
        {
            var reply = await exchange.AskAsync(server, name, kind, timeout, cancellationToken).ConfigureAwait(false);
            Mark(server, isGood: true);
            return reply;
        }
        catch (Exception e) when (e is TimeoutException or SocketException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Mark(server, isGood: false);
            if (e is TimeoutException)
            {
                silent.Add(server);
            }

            return DnsReply.Failed(DnsStatus.Unanswered, $"name server {server.Address}: {e.Message}");
        }
    }

    // Silence ends a search, and a refusal of all may mean that the name belongs to other servers; anything between is a failing server.
    private static DnsReply Worst(IReadOnlyList<DnsReply> failures)
    {
        var status = failures.All(reply => reply.Status == DnsStatus.Unanswered) ? DnsStatus.Unanswered
            : failures.All(reply => reply.Status == DnsStatus.Refused) ? DnsStatus.Refused
            : DnsStatus.ServerFailed;
        return DnsReply.Failed(status, failures.Count == 0 ? "there is no name server" : string.Join("; ", failures.Select(reply => reply.Error).Distinct()));
    }

    private List<IPEndPoint> Order(DnsServers servers)
    {
        var addresses = servers.Addresses.Distinct().ToList();
        lock (_lock)
        {
            var first = servers.Rotate && addresses.Count > 0 ? (int)(_questions++ % (uint)addresses.Count) : 0;
            var turned = addresses.Skip(first).Concat(addresses.Take(first));
            return [.. turned.OrderBy(server => !MayBeGood(server))];
        }
    }

    // Of one that has failed this is true for one query in a while, which finds out whether it is back.
    private bool MayBeGood(IPEndPoint server)
    {
        if (!_failed.TryGetValue(server, out var at))
        {
            return true;
        }

        if (timeProvider.GetElapsedTime(at) < LeftAloneFor)
        {
            return false;
        }

        _failed[server] = timeProvider.GetTimestamp();
        return true;
    }

    private void Mark(IPEndPoint server, bool isGood)
    {
        lock (_lock)
        {
            if (isGood)
            {
                _failed.Remove(server);
            }
            else
            {
                _failed[server] = timeProvider.GetTimestamp();
            }
        }
    }
}
