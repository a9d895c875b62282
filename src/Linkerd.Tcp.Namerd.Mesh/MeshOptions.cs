using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Resolving;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Namerd.Mesh;

/// <summary>Represents the options of a <see cref="MeshResolver"/>, which copies and validates them: later changes have no effect.</summary>
public sealed class MeshOptions
{
    private static readonly TimeSpan LongestInterval = TimeSpan.FromDays(30);
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromDays(1);

    /// <summary>
    /// Where namerd's gRPC interface (<c>io.l5d.mesh</c>) is; <c>mesh</c> for cleartext HTTP/2, <c>meshs</c> for TLS, port 4321 where none is named. Several are
    /// several namerds that know the same: the last good one is preferred, and a host name with several addresses counts as several too. See
    /// <see cref="MeshAddress"/> for reading one from a command line. At least one. Default: <c>mesh://127.0.0.1:4321</c>.
    /// </summary>
    public IReadOnlyList<Uri> Addresses { get; set; } = [new("mesh://127.0.0.1:4321")];

    /// <summary>The namespace, that is the dtab, in which names are bound. One that does not exist is an empty dtab to namerd. Default: <c>default</c>.</summary>
    public string Namespace { get; set; } = "default";

    /// <summary>A dtab that is appended to the one of the namespace, so that its entries win. Of any length. Default: empty.</summary>
    public Dtab Dtab { get; set; } = Dtab.Empty;

    /// <summary>For addresses of <c>meshs</c>. Default: namerd is trusted as the system trusts it, and nothing is shown to it.</summary>
    public NamerdTlsOptions Tls { get; set; } = new();

    /// <summary>
    /// The time between two questions that back up a stream, jittered by 10 %: where the answer differs from what the stream said last, it is taken, and the
    /// stream opened anew. More than zero, at most 30 days; null: none is asked. Default: 60 s.
    /// </summary>
    public TimeSpan? Interval { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The longest that one stream is followed, jittered by 10 %: then a new one is opened, to another namerd where there are several, and the old one closed once
    /// the new one has answered. So a stream that is stuck, or a namerd that went stale, is left. More than zero, at most 30 days. Default: 10 minutes.
    /// </summary>
    public TimeSpan MaxStreamAge { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long connecting, a plain answer, and the first message of a stream may take. A name of which namerd says nothing for so long is pending; streams may
    /// then be silent for ever. More than zero, at most 1 day. Default: 10 s.
    /// </summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>After so much silence on a connection with streams an HTTP/2 PING is sent. 1 s to 1 day. Default: 5 s, as in linkerd.</summary>
    public TimeSpan PingDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A PING that is not answered for so long ends the connection and all of its streams. 1 s to 1 day. Default: 6 s, as in linkerd.</summary>
    public TimeSpan PingTimeout { get; set; } = TimeSpan.FromSeconds(6);

    /// <summary>The longest message that is accepted, in bytes; 50,000 endpoints take about 1 MB. Default: 16 MiB.</summary>
    public int MaxAnswerBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>How the addresses of a host name are looked up. Default: by the operating system.</summary>
    public IHostLookup HostLookup { get; set; } = new LocalInterpreterOptions().HostLookup;

    /// <summary>Where intervals, timeouts and back-off take the time from; PINGs and connecting take the system's. Default: the system's clock.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where jitter comes from; asked from any thread. Default: <see cref="RandomSource.Shared"/>.</summary>
    public IRandomSource Random { get; set; } = RandomSource.Shared;

    /// <summary>Makes the logger of the category <c>Linkerd.Tcp.Namerd</c>. Default: none.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    internal MeshOptions Copy()
    {
        var copy = (MeshOptions)MemberwiseClone();
        copy.Addresses = Addresses is null ? null! : [.. Addresses];
        copy.Tls = Tls?.Copy()!;
        return copy;
    }

    internal void Validate(OptionsValidator validator)
    {
        validator.Expect(Addresses is null or { Count: > 0 }, Addresses, "at least one address");
        validator.Each(Addresses);
        for (var i = 0; i < Addresses?.Count; i++)
        {
            if (Addresses[i] is { } address && MeshAddress.Check(address) is { } wrong)
            {
                validator.Add(wrong, FormattableString.Invariant($"{nameof(Addresses)}[{i}]"));
            }
        }

        validator.Expect(!string.IsNullOrEmpty(Namespace), Namespace, "a namespace");
        validator.NotNull(Dtab);
        validator.Nested(Tls, static (tls, validator) => tls.Validate(validator));
        validator.Expect(Interval is null || (Interval > TimeSpan.Zero && Interval <= LongestInterval), Interval, "more than zero, at most 30 days, or null,");
        validator.Expect(MaxStreamAge > TimeSpan.Zero && MaxStreamAge <= LongestInterval, MaxStreamAge, "more than zero, at most 30 days,");
        validator.Expect(RequestTimeout > TimeSpan.Zero && RequestTimeout <= LongestAnswer, RequestTimeout, "more than zero, at most 1 day,");
        validator.Expect(PingDelay >= TimeSpan.FromSeconds(1) && PingDelay <= LongestAnswer, PingDelay, "1 s to 1 day");
        validator.Expect(PingTimeout >= TimeSpan.FromSeconds(1) && PingTimeout <= LongestAnswer, PingTimeout, "1 s to 1 day");
        validator.Range(MaxAnswerBytes, 1);
        validator.NotNull(HostLookup);
        validator.NotNull(TimeProvider);
        validator.NotNull(Random);
        validator.NotNull(LoggerFactory);
    }
}
