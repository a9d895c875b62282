using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Security;

namespace Linkerd.Tcp.Hosting;

/// <summary>
/// Represents settings of destinations: how an endpoint is picked, how connections to it are made, and their limits. Each, except the prefix, is null by default, and then has no
/// effect: the settings before these hold, and at last the default of the table, whose rows have the ranges. <see cref="Timeout.InfiniteTimeSpan"/>, and 0 if
/// it is a limit, turn a setting off.
/// </summary>
public sealed class ClientSettings
{
    /// <summary>Gets or sets the prefix of the names that the settings are for; <see cref="DstPath.Root"/>, the default, is all names.</summary>
    public DstPath Prefix { get; set; } = DstPath.Root;

    /// <summary>Gets or sets the longest time from accept to a server connection; if null, that of the server (<see cref="ServerConfiguration.ConnectTimeout"/>) holds.</summary>
    public TimeSpan? EstablishTimeout { get; set; }

    /// <summary>Gets or sets the longest time of an attempt to connect to one endpoint.</summary>
    public TimeSpan? ConnectTimeout { get; set; }

    /// <summary>Gets or sets the local addresses to connect from.</summary>
    public IReadOnlyList<IPAddress>? SourceAddresses { get; set; }

    /// <summary>Gets or sets the balancing algorithm.</summary>
    public BalancerKind? Balancer { get; set; }

    /// <summary>Gets or sets the largest load of an endpoint before clients that hash to it go elsewhere, in percent of its share; 0 for no limit.</summary>
    public int? HashBalanceFactor { get; set; }

    /// <summary>Gets or sets the number of connections below which an endpoint is not too loaded for <see cref="HashBalanceFactor"/>.</summary>
    public int? HashBalanceFloor { get; set; }

    /// <summary>Gets or sets the largest number of connections to one endpoint, pending ones included; 0 for no limit.</summary>
    public int? MaxConnectionsPerEndpoint { get; set; }

    /// <summary>Gets or sets the largest number of pending connections to one endpoint; 0 for no limit.</summary>
    public int? MaxPendingPerEndpoint { get; set; }

    /// <summary>Gets or sets the largest number of sessions to one name; 0 for no limit.</summary>
    public int? MaxSessions { get; set; }

    /// <summary>Gets or sets the largest number of sessions that wait for a resolution or a free endpoint.</summary>
    public int? MaxWaiters { get; set; }

    /// <summary>Gets or sets the number of connections to endpoints that are made before they are needed.</summary>
    public int? MinConnections { get; set; }

    /// <summary>Gets or sets the PROXY header with which connections begin.</summary>
    public SendProxyVersion? SendProxy { get; set; }

    /// <summary>Gets or sets a value that indicates whether a header of version 2 has the server name that the client sent.</summary>
    public bool? SendProxyAuthority { get; set; }

    /// <summary>Gets or sets a value that indicates whether a header of version 2 has the application protocol.</summary>
    public bool? SendProxyAlpn { get; set; }

    /// <summary>Gets or sets a value that indicates whether a header of version 2 has a unique id.</summary>
    public bool? SendProxyUniqueId { get; set; }

    /// <summary>Gets or sets a value that indicates whether a header of version 2 has a checksum.</summary>
    public bool? SendProxyChecksum { get; set; }

    /// <summary>Gets or sets the time that a new endpoint takes to its full share.</summary>
    public TimeSpan? SlowStart { get; set; }

    /// <summary>Gets or sets the number of failed connects in a row that eject an endpoint; 0 turns this off.</summary>
    public int? MaxConsecutiveFailures { get; set; }

    /// <summary>Gets or sets the first back-off of an ejected endpoint.</summary>
    public TimeSpan? FailurePenalty { get; set; }

    /// <summary>Gets or sets the largest number of further attempts of a session whose connect failed.</summary>
    public int? Retries { get; set; }

    /// <summary>Gets or sets the number of retries that each session adds to the budget of all.</summary>
    public double? RetriesPerSession { get; set; }

    /// <summary>Gets or sets the number of retries that each second adds to the budget of all.</summary>
    public double? RetriesPerSecond { get; set; }

    /// <summary>Gets or sets the time between two checks of an endpoint.</summary>
    public TimeSpan? CheckInterval { get; set; }

    /// <summary>Gets or sets the longest time of a check; if null, the interval, or 1 s if that is less.</summary>
    public TimeSpan? CheckTimeout { get; set; }

    /// <summary>Gets or sets the number of checks in a row that must pass before an endpoint that is down is up.</summary>
    public int? CheckRise { get; set; }

    /// <summary>Gets or sets the number of checks in a row that must fail before an endpoint is down.</summary>
    public int? CheckFall { get; set; }

    /// <summary>Gets or sets the bytes that a check sends.</summary>
    public ReadOnlyMemory<byte>? CheckSend { get; set; }

    /// <summary>Gets or sets the bytes that the answer to a check must contain.</summary>
    public ReadOnlyMemory<byte>? CheckExpect { get; set; }

    /// <summary>Gets or sets the time for which sessions may go on after their endpoint is drained or gone.</summary>
    public TimeSpan? DrainTimeout { get; set; }

    /// <summary>Gets or sets whether the endpoints of a name that does not exist are dropped; null: as its interpreter has it.</summary>
    public bool? ClearOnNegative { get; set; }

    /// <summary>
    /// Gets or sets a value that indicates whether connections to endpoints have TLS; null: if <see cref="TlsDnsName"/>, <see cref="TlsTrustCerts"/>, <see cref="TlsNames"/> or <see cref="TlsCert"/> is
    /// there, or <see cref="TlsDisableValidation"/> is true.
    /// </summary>
    public bool? Tls { get; set; }

    /// <summary>Gets or sets the name that endpoints' certificates must have, with placeholders (<see cref="ServerTlsOptions.ServerName"/>); empty: the host or authority of each endpoint.</summary>
    public string? TlsDnsName { get; set; }

    /// <summary>Gets or sets the names of which endpoints' certificates must have one, in place of <see cref="TlsDnsName"/>; an empty list for none.</summary>
    public IReadOnlyList<string>? TlsNames { get; set; }

    /// <summary>Gets or sets the paths of PEM files with the roots of endpoints' certificates; an empty list for the roots of the system.</summary>
    public IReadOnlyList<string>? TlsTrustCerts { get; set; }

    /// <summary>Gets or sets the paths of PEM files with certificate revocation lists, of which an endpoint's certificate must be on none; an empty list for no check. Needs the OpenSSL provider.</summary>
    public IReadOnlyList<string>? TlsCrlFiles { get; set; }

    /// <summary>Gets or sets the path of the certificate for endpoints that ask for one, with its chain; empty for none.</summary>
    public string? TlsCert { get; set; }

    /// <summary>Gets or sets the path of the private key of <see cref="TlsCert"/>; empty if it is in the same file.</summary>
    public string? TlsPrivateKey { get; set; }

    /// <summary>Gets or sets the path of a file with the passphrase of the key; empty for none.</summary>
    public string? TlsPassphraseFile { get; set; }

    /// <summary>Gets or sets the application protocols (ALPN) that are offered to endpoints; <c>{alpn}</c>, alone, is the one that was negotiated with the client. An empty list for none.</summary>
    public IReadOnlyList<string>? TlsAlpnProtocols { get; set; }

    /// <summary>Gets or sets a value that indicates whether each handshake is preceded by an SSLRequest of PostgreSQL.</summary>
    public bool? TlsPostgres { get; set; }

    /// <summary>Gets or sets the lowest version of TLS.</summary>
    public TlsVersion? TlsMinVersion { get; set; }

    /// <summary>Gets or sets the groups of the key exchange, in OpenSSL's names; an empty list for those of OpenSSL's configuration. Needs the OpenSSL provider.</summary>
    public IReadOnlyList<string>? TlsGroups { get; set; }

    /// <summary>Gets or sets the signature algorithms, in OpenSSL's names; an empty list for those of OpenSSL's configuration. Needs the OpenSSL provider.</summary>
    public IReadOnlyList<string>? TlsSignatureAlgorithms { get; set; }

    /// <summary>Gets or sets the cipher suites, in OpenSSL's names; an empty list for those of OpenSSL's configuration. Needs the OpenSSL provider.</summary>
    public IReadOnlyList<string>? TlsCipherSuites { get; set; }

    /// <summary>Gets or sets the end of a stream that an endpoint cuts.</summary>
    public TlsTruncation? TlsTruncation { get; set; }

    /// <summary>Gets or sets a value that indicates whether any certificate of an endpoint is accepted; anybody between the proxy and the endpoint can then read and change everything.</summary>
    public bool? TlsDisableValidation { get; set; }
}
