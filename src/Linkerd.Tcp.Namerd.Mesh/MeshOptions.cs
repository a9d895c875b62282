using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Namerd;

/// <summary>How a <see cref="MeshResolver"/> asks namerd. Immutable; checked when the resolver is made.</summary>
public sealed record MeshOptions
{
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(30);

    /// <summary>The options with every default.</summary>
    public static MeshOptions Default { get; } = new();

    /// <summary>
    /// Where namerd's gRPC interface (<c>io.l5d.mesh</c>) is; <c>mesh</c> for cleartext HTTP/2, <c>meshs</c> for TLS, port 4321 where none is named. Several are
    /// several namerds that know the same: the last good one is preferred, and a host name with several addresses counts as several too. See
    /// <see cref="MeshAddress"/> for reading one from a command line. At least one. Default: <c>mesh://127.0.0.1:4321</c>.
    /// </summary>
    public IReadOnlyList<Uri> Addresses { get; init; } = [new("mesh://127.0.0.1:4321")];

    /// <summary>The namespace, that is the dtab, in which names are bound. One that does not exist is an empty dtab to namerd. Default: <c>default</c>.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>A dtab that is appended to the one of the namespace, so that its entries win. Of any length. Default: empty.</summary>
    public Dtab Dtab { get; init; } = Dtab.Empty;

    /// <summary>For addresses of <c>meshs</c>. Default: namerd is trusted as the system trusts it, and nothing is shown to it.</summary>
    public NamerdTlsOptions Tls { get; init; } = new();

    /// <summary>
    /// The time between two questions that back up a stream, jittered by 10 %: where the answer differs from what the stream said last, it is taken, and the
    /// stream opened anew. More than zero, at most 30 days; null: none is asked. Default: 60 s.
    /// </summary>
    public TimeSpan? Interval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The longest that one stream is followed, jittered by 10 %: then a new one is opened, to another namerd where there are several, and the old one closed once
    /// the new one has answered. So a stream that is stuck, or a namerd that went stale, is left. More than zero, at most 30 days. Default: 10 minutes.
    /// </summary>
    public TimeSpan MaxStreamAge { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long connecting, a plain answer, and the first message of a stream may take. A name of which namerd says nothing for so long is pending; streams may
    /// then be silent for ever. More than zero, at most 1 day. Default: 10 s.
    /// </summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After so much silence on a connection with streams an HTTP/2 PING is sent. 1 s to 1 day. Default: 5 s, as in linkerd.</summary>
    public TimeSpan PingDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A PING that is not answered for so long ends the connection and all of its streams. 1 s to 1 day. Default: 6 s, as in linkerd.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>The longest message that is accepted, in bytes; 50,000 endpoints take about 1 MB. Default: 16 MiB.</summary>
    public int MaxAnswerBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>How the addresses of a host name are looked up. Default: by the operating system.</summary>
    public IHostLookup HostLookup { get; init; } = LocalInterpreterOptions.Default.HostLookup;

    /// <summary>Where intervals, timeouts and back-off take the time from; PINGs and connecting take the system's. Default: the system's clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where jitter comes from; asked from any thread. Default: <see cref="RandomSource.Shared"/>.</summary>
    public IRandomSource Random { get; init; } = RandomSource.Shared;

    /// <summary>Makes the logger of the category <c>Linkerd.Tcp.Namerd</c>. Default: none.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Addresses);
        ArgumentOutOfRangeException.ThrowIfZero(Addresses.Count, nameof(Addresses));
        ArgumentException.ThrowIfNullOrEmpty(Namespace);
        ArgumentNullException.ThrowIfNull(Dtab);
        ArgumentNullException.ThrowIfNull(Tls);
        ArgumentNullException.ThrowIfNull(HostLookup);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(Random);
        ArgumentNullException.ThrowIfNull(LoggerFactory);
        Check(Interval ?? LongestTimer, LongestTimer, nameof(Interval));
        Check(MaxStreamAge, LongestTimer, nameof(MaxStreamAge));
        Check(RequestTimeout, TimeSpan.FromDays(1), nameof(RequestTimeout));
        Check(PingDelay, TimeSpan.FromDays(1), nameof(PingDelay));
        Check(PingTimeout, TimeSpan.FromDays(1), nameof(PingTimeout));
        ArgumentOutOfRangeException.ThrowIfLessThan(PingDelay, TimeSpan.FromSeconds(1));
        ArgumentOutOfRangeException.ThrowIfLessThan(PingTimeout, TimeSpan.FromSeconds(1));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAnswerBytes, 1);
        foreach (var address in Addresses)
        {
            if (MeshAddress.Check(address) is { } wrong)
            {
                throw new ArgumentException(wrong, nameof(Addresses));
            }
        }
    }

    private static void Check(TimeSpan value, TimeSpan most, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, most, name);
    }
}
