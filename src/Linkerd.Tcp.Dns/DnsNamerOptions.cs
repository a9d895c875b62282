using System.Net;
using Linkerd.Tcp.Infrastructure;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Dns;

/// <summary>Represents the options of a <see cref="DnsNamer"/> or a <see cref="DnsSrvNamer"/>, which copies and validates them: later changes have no effect.</summary>
public sealed class DnsNamerOptions
{
    /// <summary>Gets or sets the labels that the names of the namer begin with. Default: null, which means <c>/#/io.l5d.dns</c> or <c>/#/io.l5d.dnssrv</c>.</summary>
    public DstPath? Prefix { get; set; }

    /// <summary>
    /// Gets or sets the name servers, queried in this order until one answers. Default: none, which means those of the <see cref="ResolverFile"/>, or, if that has none,
    /// those of the network interfaces.
    /// </summary>
    public IReadOnlyList<IPEndPoint> NameServers { get; set; } = [];

    /// <summary>
    /// Gets or sets the longest time of one try at one name server. A silent one is tried <c>attempts</c> times, as set in the <see cref="ResolverFile"/>, otherwise twice; one that
    /// did not answer is queried after the others for 30 s. At most 49 days. Default: null, which means
    /// <c>timeout</c> of the <see cref="ResolverFile"/> if that is set, otherwise 2 s.
    /// </summary>
    public TimeSpan? Timeout { get; set; }

    /// <summary>
    /// Gets or sets the file that names the servers (three of them at most), the domains that names are searched in, and the options <c>ndots</c>, <c>timeout</c>,
    /// <c>attempts</c> and <c>rotate</c>, within the bounds of the C library; read again when it changes. It need not exist. Default:
    /// <c>/etc/resolv.conf</c>.
    /// </summary>
    public string ResolverFile { get; set; } = "/etc/resolv.conf";

    /// <summary>Gets or sets the file of hosts that are not looked up in DNS; read again when it changes. It need not exist. Default: <c>/etc/hosts</c>, on Windows that of the system.</summary>
    public string HostsFile { get; set; } = OperatingSystem.IsWindows() ? Path.Combine(Environment.SystemDirectory, "drivers", "etc", "hosts") : "/etc/hosts";

    /// <summary>Gets or sets the clock. Default: <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Gets or sets the generator of the jitter of retries, which is used under a lock on itself. Null, the default: a fast one that all threads share.</summary>
    public Random? Random { get; set; }

    /// <summary>Gets or sets the logger. Default: nothing is logged.</summary>
    public ILogger Logger { get; set; } = NullLogger.Instance;

    internal DnsNamerOptions Copy()
    {
        var copy = (DnsNamerOptions)MemberwiseClone();
        copy.NameServers = NameServers is null ? null! : [.. NameServers];
        return copy;
    }

    internal void Validate(OptionsValidator validator)
    {
        validator.Each(NameServers);
        validator.Timer(Timeout);
        validator.NotNull(ResolverFile);
        validator.NotNull(HostsFile);
        validator.NotNull(TimeProvider);
        validator.NotNull(Logger);
    }
}
