using System.Net;

namespace Linkerd.Tcp;

/// <summary>Asks for a name along the search list, with what the files of the system say. Any thread.</summary>
internal sealed class DnsResolver(DnsNamerOptions options, IDnsClient client, IFileSystem files)
{
    private readonly ParsedFile<ResolverSettings> _settings = new(options.ResolverFile, files, ResolverSettings.Parse);
    private readonly ParsedFile<HostsFile> _hosts = new(options.HostsFile, files, static text => new HostsFile(text));

    /// <summary>The addresses of a host in the hosts file, and of <c>localhost</c> without one; none where it must be asked for.</summary>
    public IReadOnlyList<IPAddress> FindInHosts(string host) => _hosts.Value.Find(host) is { Count: > 0 } known ? known
        : host.TrimEnd('.').Equals("localhost", StringComparison.OrdinalIgnoreCase) ? [IPAddress.Loopback]
        : [];

    /// <summary>Asks for some kinds of records of a name at once.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<DnsRound> AskAsync(string name, IReadOnlyList<DnsRecordKind> kinds, CancellationToken cancellationToken)
    {
        var settings = _settings.Value;
        var servers = ServersOf(settings);
        TimeSpan? negativeTtl = null;
        string? error = null;
        var last = name;
        foreach (var full in settings.NamesFor(name))
        {
            last = full;
            var replies = await Task.WhenAll(kinds.Select(kind => client.QueryAsync(servers, full, kind, options.Timeout, cancellationToken))).ConfigureAwait(false);
            if (replies.Any(reply => reply.Status == DnsStatus.Found))
            {
                return new DnsRound(DnsStatus.Found, full, replies, null, error);
            }

            // As the C library does: a domain whose server is at fault is passed over, silence ends the search.
            error ??= replies.FirstOrDefault(reply => reply.Error is not null)?.Error;
            if (replies.Any(reply => reply.Status == DnsStatus.Unanswered))
            {
                return new DnsRound(DnsStatus.Unanswered, full, [], null, error);
            }

            negativeTtl = Least(negativeTtl, replies.Min(reply => reply.Ttl));
        }

        return error is null ? new DnsRound(DnsStatus.Negative, last, [], negativeTtl, null) : new DnsRound(DnsStatus.Refused, last, [], null, error);
    }

    private static TimeSpan? Least(TimeSpan? a, TimeSpan? b) => a is null || b < a ? b : a;

    private IReadOnlyList<IPEndPoint> ServersOf(ResolverSettings settings)
    {
        if (options.NameServers.Count > 0)
        {
            return options.NameServers;
        }

        if (!settings.Servers.IsEmpty)
        {
            return settings.Servers;
        }

        // Windows has no such file; and resolv.conf(5) says what stands for none.
        return OperatingSystem.IsWindows() && client.FindServers() is { Count: > 0 } servers ? servers : [new IPEndPoint(IPAddress.Loopback, 53)];
    }
}
