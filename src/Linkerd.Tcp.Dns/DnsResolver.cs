using System.Net;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Dns;

/// <summary>Looks a name up along the search list, with the settings of the system's files. Any thread.</summary>
internal sealed partial class DnsResolver(DnsNamerOptions options, IDnsClient client, ITextFiles files)
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(2);

    private readonly ParsedFile<ResolverSettings> _settings = new(options.ResolverFile, files, text => Parse(text, options), problem => Log.Problem(options.Logger, options.ResolverFile, problem));
    private readonly ParsedFile<HostsFile> _hosts = new(options.HostsFile, files, static text => new HostsFile(text), problem => Log.Problem(options.Logger, options.HostsFile, problem));

    /// <summary>Gets the addresses of a host in the hosts file, and of <c>localhost</c> without one; none if it must be looked up.</summary>
    public IReadOnlyList<IPAddress> FindInHosts(string host) => _hosts.Value.Find(host) is { Count: > 0 } known ? known
        : host.TrimEnd('.').Equals("localhost", StringComparison.OrdinalIgnoreCase) ? [IPAddress.Loopback]
        : [];

    /// <summary>Queries some kinds of records of a name at once.</summary>
    /// <param name="name">The name, as it was written.</param>
    /// <param name="kinds">The kinds of records.</param>
    /// <param name="lastName">The full name that was found the last time: while its lookup fails no other one is used.</param>
    /// <param name="cancellationToken">Cancelled when the answer is not needed any more.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<DnsRound> AskAsync(string name, IReadOnlyList<DnsRecordKind> kinds, string? lastName, CancellationToken cancellationToken)
    {
        var settings = _settings.Value;
        var servers = new DnsServers(ServersOf(settings), options.Timeout ?? settings.Timeout ?? DefaultTimeout, settings.Attempts, settings.Rotate);
        var search = new DnsSearch(name, lastName);
        foreach (var full in settings.NamesFor(name))
        {
            var replies = await Task.WhenAll(kinds.Select(kind => client.QueryAsync(servers, full, kind, cancellationToken))).ConfigureAwait(false);
            if (search.Add(full, replies) is { } round)
            {
                return round;
            }
        }

        return search.End();
    }

    private static ResolverSettings Parse(string text, DnsNamerOptions options)
    {
        var settings = ResolverSettings.Parse(text);
        foreach (var server in settings.NoAddresses)
        {
            Log.NoAddress(options.Logger, options.ResolverFile, server);
        }

        return settings;
    }

    private IReadOnlyList<IPEndPoint> ServersOf(ResolverSettings settings)
    {
        if (options.NameServers.Count > 0)
        {
            return options.NameServers;
        }

        if (settings.Servers is { Count: > 0 } named)
        {
            return named;
        }

        // Windows has no such file; and resolv.conf(5) defines the default for no servers.
        return OperatingSystem.IsWindows() && client.FindServers() is { Count: > 0 } servers ? servers : [new IPEndPoint(IPAddress.Loopback, 53)];
    }

    private static partial class Log
    {
        [LoggerMessage(2092, LogLevel.Warning, "{File}: name server '{Text}' is passed over: an IP address was expected", EventName = "NameServerIsNoAddress")]
        public static partial void NoAddress(ILogger logger, string file, string text);

        [LoggerMessage(2094, LogLevel.Warning, "{File}: {Problem}", EventName = "SystemFileProblem")]
        public static partial void Problem(ILogger logger, string file, string problem);
    }
}
