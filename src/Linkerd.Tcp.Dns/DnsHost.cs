using System.Net;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Dns;

/// <summary>The lookups of one host, one after the other. Each family of addresses keeps its last ones while its lookup fails. For one caller at a time.</summary>
internal sealed class DnsHost(string host, DnsResolver resolver)
{
    private static readonly DnsRecordKind[] Families = [DnsRecordKind.A, DnsRecordKind.Aaaa];
    private readonly IReadOnlyList<IPAddress>[] _last = [[], []];
    private string? _lastName;

    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<HostAnswer> AskAsync(CancellationToken cancellationToken)
    {
        if (AddressLiteral.HasZoneName(host))
        {
            return AddressLiteral.Read(host) is { } address ? new HostAnswer(DnsStatus.Found, [address], DnsTimes.Default)
                : new HostAnswer(DnsStatus.Unanswered, [], TimeSpan.Zero, $"there is no network interface '{host[(host.IndexOf('%', StringComparison.Ordinal) + 1)..]}'");
        }

        if (resolver.FindInHosts(host) is { Count: > 0 } known)
        {
            return new HostAnswer(DnsStatus.Found, known, DnsTimes.Default);
        }

        var round = await resolver.AskAsync(host, Families, _lastName, cancellationToken).ConfigureAwait(false);
        switch (round.Status)
        {
            case DnsStatus.Found:
                return Take(round);
            case DnsStatus.Negative:
                _last[0] = _last[1] = [];
                _lastName = null;
                return new HostAnswer(DnsStatus.Negative, [], DnsTimes.Negative(round.Ttl));
            default:
                return new HostAnswer(DnsStatus.Unanswered, [.. _last[0], .. _last[1]], TimeSpan.Zero, round.Error);
        }
    }

    private HostAnswer Take(DnsRound round)
    {
        var ttl = TimeSpan.MaxValue;
        for (var i = 0; i < Families.Length; i++)
        {
            var reply = round.Replies[i];
            if (reply.Error is null)
            {
                _last[i] = [.. reply.Answers.Select(record => record.Address).OfType<IPAddress>().Distinct()];
                ttl = reply.Status == DnsStatus.Found && reply.Ttl < ttl ? reply.Ttl.Value : ttl;
            }
            else
            {
                _last[i] = round.Name == _lastName ? _last[i] : [];
                ttl = ttl < DnsTimes.Default ? ttl : DnsTimes.Default;
            }
        }

        _lastName = round.Name;
        return new HostAnswer(DnsStatus.Found, [.. _last[0], .. _last[1]], DnsTimes.Positive(ttl));
    }
}
