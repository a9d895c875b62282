using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp;

/// <summary>How a <see cref="DnsNamer"/> or a <see cref="DnsSrvNamer"/> asks.</summary>
public sealed record DnsNamerOptions
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(2);

    /// <summary>The defaults.</summary>
    public static DnsNamerOptions Default { get; } = new();

    /// <summary>What the names of the namer start with. Default: null, which is <c>/#/io.l5d.dns</c> or <c>/#/io.l5d.dnssrv</c>.</summary>
    public DstPath? Prefix { get; init; }

    /// <summary>
    /// The name servers, asked in this order until one answers. Default: none, which is those of the <see cref="ResolverFile"/>, and where that has none,
    /// those of the network interfaces.
    /// </summary>
    public IReadOnlyList<IPEndPoint> NameServers { get; init; } = [];

    /// <summary>
    /// The time for one try at one name server. One that is silent is tried as often as <c>attempts</c> of the <see cref="ResolverFile"/> says, else twice; one that
    /// answered nothing is asked after the others for 30 s. Default: <c>timeout</c> of the <see cref="ResolverFile"/>, where it has that, else 2 s.
    /// </summary>
    public TimeSpan Timeout
    {
        get => GivenTimeout ?? DefaultTimeout;
        init => GivenTimeout = value;
    }

    /// <summary>
    /// The file that names the servers (three of them at most), the domains that names are searched in, and the options <c>ndots</c>, <c>timeout</c>,
    /// <c>attempts</c> and <c>rotate</c>, within the bounds of the C library; read again when it changes. It need not exist. Default:
    /// <c>/etc/resolv.conf</c>.
    /// </summary>
    public string ResolverFile { get; init; } = "/etc/resolv.conf";

    /// <summary>Hosts in this file are not asked for; read again when it changes. It need not exist. Default: <c>/etc/hosts</c>, on Windows the one of the system.</summary>
    public string HostsFile { get; init; } = OperatingSystem.IsWindows() ? Path.Combine(Environment.SystemDirectory, "drivers", "etc", "hosts") : "/etc/hosts";

    /// <summary>The clock. Default: <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where the jitter of retries comes from. Default: <see cref="RandomSource.Shared"/>.</summary>
    public IRandomSource Random { get; init; } = RandomSource.Shared;

    /// <summary>Where it logs. Default: nowhere.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>The <see cref="Timeout"/>, where it was given.</summary>
    internal TimeSpan? GivenTimeout { get; init; }
}
