using System.Net;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Dns;

/// <summary>The lookups of one service, one after the other: its SRV records, and the addresses of the hosts in them. For one caller at a time.</summary>
internal sealed partial class DnsSrvQuery(string name, DnsResolver resolver, ILogger logger)
{
    private static readonly DnsRecordKind[] Kinds = [DnsRecordKind.Srv];
    private Dictionary<string, DnsHost> _hosts = new(StringComparer.OrdinalIgnoreCase);
    private string? _lastName;
    private string[] _hadNoPort = [];

    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<DnsOutcome> AskAsync(CancellationToken cancellationToken)
    {
        var round = await resolver.AskAsync(name, Kinds, _lastName, cancellationToken).ConfigureAwait(false);
        switch (round.Status)
        {
            case DnsStatus.Found:
                _lastName = round.Name;
                return await ResolveAsync(round.Replies[0], cancellationToken).ConfigureAwait(false);
            case DnsStatus.Negative:
                _lastName = null;
                return new DnsOutcome(Resolution.Negative.Instance, DnsTimes.Negative(round.Ttl));
            default:
                return Failed(round.Error!);
        }
    }

    private async Task<DnsOutcome> ResolveAsync(DnsReply reply, CancellationToken cancellationToken)
    {
        // RFC 2782: the root as the target means that the service is decidedly not available.
        var services = reply.Answers.Select(record => record.Service).OfType<DnsService>().Where(service => service.Target.Length > 0).ToList();
        var ttl = DnsTimes.Positive(reply.Ttl ?? DnsTimes.Default);
        if (services.Count == 0)
        {
            return new DnsOutcome(Resolution.Negative.Instance, ttl);
        }

        // There is nothing to connect to.
        var hasNoPort = services.Where(service => service.Port == 0).Select(service => service.Target).Distinct(StringComparer.OrdinalIgnoreCase)
            .Order(StringComparer.OrdinalIgnoreCase).ToArray();
        if (!hasNoPort.SequenceEqual(_hadNoPort, StringComparer.OrdinalIgnoreCase))
        {
            _hadNoPort = hasNoPort;
            if (hasNoPort.Length > 0)
            {
                Log.HasNoPort(logger, name, string.Join(", ", hasNoPort));
            }
        }

        services.RemoveAll(service => service.Port == 0);
        if (services.Count == 0)
        {
            return Failed("all of its SRV records have the port 0");
        }

        var hosts = await AddressesAsync([.. services.Select(service => service.Target).Distinct(StringComparer.OrdinalIgnoreCase)], reply.Additional, cancellationToken)
            .ConfigureAwait(false);
        var problem = hosts.Values.FirstOrDefault(host => host.Error is not null)?.Error;
        foreach (var host in hosts.Values)
        {
            var again = host.Error is null ? host.Ttl : DnsTimes.Default;
            ttl = again < ttl ? again : ttl;
        }

        var endpoints = SrvEndpoints.Of(services, target => hosts[target].Addresses);
        return endpoints.IsEmpty ? Failed(problem ?? "no host of its SRV records has an address") : new DnsOutcome(new Resolution.Bound(endpoints), ttl);
    }

    private async Task<Dictionary<string, HostAnswer>> AddressesAsync(string[] targets, IReadOnlyList<DnsRecord> additional, CancellationToken cancellationToken)
    {
        var before = _hosts;
        _hosts = new(StringComparer.OrdinalIgnoreCase);
        var answers = await Task.WhenAll(targets.Select(target =>
        {
            var added = additional.Where(record => record.Address is not null && record.Name.Equals(target, StringComparison.OrdinalIgnoreCase)).ToList();
            if (added.Count > 0)
            {
                IPAddress[] addresses = [.. added.Select(record => record.Address).OfType<IPAddress>().Distinct()];
                return Task.FromResult(new HostAnswer(DnsStatus.Found, addresses, DnsTimes.Positive(added.Min(record => record.Ttl))));
            }

            // Targets are full names.
            var host = before.GetValueOrDefault(target) ?? new DnsHost(target + ".", resolver);
            _hosts[target] = host;
            return host.AskAsync(cancellationToken);
        })).ConfigureAwait(false);
        return targets.Zip(answers).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.OrdinalIgnoreCase);
    }

    private DnsOutcome Failed(string error) => new(new Resolution.Failed($"looking up service '{name}' failed: {error}"), TimeSpan.Zero);

    private static partial class Log
    {
        [LoggerMessage(2093, LogLevel.Warning, "service '{Service}': SRV records with the port 0 are passed over, those of {Targets}", EventName = "ServiceHasNoPort")]
        public static partial void HasNoPort(ILogger logger, string service, string targets);
    }
}
