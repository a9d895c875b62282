using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.Security;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Namerd.Mesh;

/// <summary>Represents the options of a <see cref="MeshResolver"/>, which copies and validates them: later changes have no effect.</summary>
public sealed class MeshOptions
{
    private static readonly TimeSpan MaxInterval = TimeSpan.FromDays(30);
    private static readonly TimeSpan MaxAnswer = TimeSpan.FromDays(1);

    /// <summary>
    /// Gets or sets the addresses of namerd's gRPC interface (<c>io.l5d.mesh</c>): <c>mesh</c> for cleartext HTTP/2, <c>meshs</c> for TLS; the default port is 4321. Several stand for
    /// several namerds with the same data: the last good one is preferred, and a host name with several addresses counts as several too. See
    /// <see cref="MeshAddress"/> for parsing one of a command line. At least one. Default: <c>mesh://127.0.0.1:4321</c>.
    /// </summary>
    public IReadOnlyList<Uri> Addresses { get; set; } = [new("mesh://127.0.0.1:4321")];

    /// <summary>Gets or sets the namespace (the dtab of namerd) in which names are bound. One that does not exist is an empty dtab for namerd. Default: <c>default</c>.</summary>
    public string Namespace { get; set; } = "default";

    /// <summary>Gets or sets a dtab that is appended to the one of the namespace, so that its entries win. Of any length. Default: empty.</summary>
    public Dtab Dtab { get; set; } = Dtab.Empty;

    /// <summary>
    /// Gets or sets the options of TLS, for addresses of <c>meshs</c>. Files are read again when they change: the next connection uses them. The name that namerd's certificate must have is the host of
    /// the address unless <see cref="ServerTlsOptions.ServerName"/> is set, which has no placeholders here. Default: the system's trusted roots, and no client certificate.
    /// </summary>
    public ServerTlsOptions Tls { get; set; } = new();

    /// <summary>
    /// Gets or sets the time between two requests that check a stream, jittered by 10 %: if the answer differs from the last state of the stream, it is used, and the
    /// stream is opened again. More than zero, at most 30 days; null for no checks. Default: 60 s.
    /// </summary>
    public TimeSpan? Interval { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Gets or sets the maximum age of a stream, jittered by 10 %: then a new one is opened, to another namerd if there are several, and the old one closed once
    /// the new one has answered. So a stream that hangs, or a namerd whose state is stale, is left. More than zero, at most 30 days. Default: 10 minutes.
    /// </summary>
    public TimeSpan MaxStreamAge { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Gets or sets the longest time of connecting, of a plain answer, and of the first message of a stream. A name without an answer in this time is pending; streams may
    /// then be silent for ever. More than zero, at most 1 day. Default: 10 s.
    /// </summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets the time of silence on a connection with streams after which an HTTP/2 PING is sent. 1 s to 1 day. Default: 5 s, as in linkerd.</summary>
    public TimeSpan PingDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets or sets the time for the answer to a PING; without one it ends the connection and all of its streams. 1 s to 1 day. Default: 6 s, as in linkerd.</summary>
    public TimeSpan PingTimeout { get; set; } = TimeSpan.FromSeconds(6);

    /// <summary>Gets or sets the size of the longest message that is accepted, in bytes; 50,000 endpoints take about 1 MB. Default: 16 MiB.</summary>
    public int MaxAnswerBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Gets or sets the lookup of host names. Default: <see cref="IHostLookup.Default"/>, which uses the operating system.</summary>
    public IHostLookup HostLookup { get; set; } = IHostLookup.Default;

    /// <summary>Gets or sets the clock of intervals, timeouts and back-off; PINGs and connecting use the system's. Default: <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Gets or sets the generator of jitter, which is used under a lock on itself. Null, the default: a fast one that all threads share.</summary>
    public Random? Random { get; set; }

    /// <summary>Gets or sets the factory of the logger, of the category <c>Linkerd.Tcp.Namerd</c>. Default: nothing is logged.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    internal MeshOptions Copy()
    {
        var copy = (MeshOptions)MemberwiseClone();
        copy.Addresses = Addresses is null ? null! : [.. Addresses];
        copy.Tls = Tls is null ? null! : ServerTlsAuthenticator.Copy(Tls);
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
        validator.Nested(Tls, ServerTlsAuthenticator.Validate);
        validator.Expect(Interval is null || (Interval > TimeSpan.Zero && Interval <= MaxInterval), Interval, "more than zero, at most 30 days, or null,");
        validator.Expect(MaxStreamAge > TimeSpan.Zero && MaxStreamAge <= MaxInterval, MaxStreamAge, "more than zero, at most 30 days,");
        validator.Expect(RequestTimeout > TimeSpan.Zero && RequestTimeout <= MaxAnswer, RequestTimeout, "more than zero, at most 1 day,");
        validator.Expect(PingDelay >= TimeSpan.FromSeconds(1) && PingDelay <= MaxAnswer, PingDelay, "1 s to 1 day");
        validator.Expect(PingTimeout >= TimeSpan.FromSeconds(1) && PingTimeout <= MaxAnswer, PingTimeout, "1 s to 1 day");
        validator.Expect(MaxAnswerBytes >= 1, MaxAnswerBytes, "1 or more");
        validator.NotNull(HostLookup);
        validator.NotNull(TimeProvider);
        validator.NotNull(LoggerFactory);
    }
}
