using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp;

/// <summary>How a <see cref="DnsNamer"/> or a <see cref="DnsSrvNamer"/> asks.</summary>
public sealed record DnsNamerOptions
{
    /// <summary>The defaults.</summary>
    public static DnsNamerOptions Default { get; } = new();

    /// <summary>What the names of the namer start with. Default: null, which is <c>/#/io.l5d.dns</c> or <c>/#/io.l5d.dnssrv</c>.</summary>
    public DstPath? Prefix { get; init; }

    /// <summary>
    /// The name servers, asked in this order until one answers. Default: none, which is those of the <see cref="ResolverFile"/>, and where that has none,
    /// those of the network interfaces.
    /// </summary>
    public IReadOnlyList<IPEndPoint> NameServers { get; init; } = [];

    /// <summary>The time for one try at one name server, of which each has two. Default: 2 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The file that names the servers, the domains that names are searched in, and <c>ndots</c>; read again when it changes. It need not exist. Default:
    /// <c>/etc/resolv.conf</c>.
    /// </summary>
    public string ResolverFile { get; init; } = "/etc/resolv.conf";

    /// <summary>Hosts in this file are not asked for; read again when it changes. It need not exist. Default: <c>/etc/hosts</c>, on Windows the one of the system.</summary>
    public string HostsFile { get; init; } = OperatingSystem.IsWindows() ? Path.Combine(Environment.SystemDirectory, "drivers", "etc", "hosts") : "/etc/hosts";

    /// <summary>The clock of everything but <see cref="Timeout"/>. Default: <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where the jitter of retries comes from. Default: <see cref="RandomSource.Shared"/>.</summary>
    public IRandomSource Random { get; init; } = RandomSource.Shared;

    /// <summary>Where it logs. Default: nowhere.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
