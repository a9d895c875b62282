using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Requests;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Security;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Namerd;

/// <summary>Represents the options of a <see cref="NamerdResolver"/>, which copies and validates them: later changes have no effect.</summary>
public sealed class NamerdOptions
{
    private static readonly TimeSpan MaxInterval = TimeSpan.FromDays(30);

    /// <summary>
    /// Gets or sets the addresses of namerd's HTTP interface (<c>io.l5d.httpController</c>): <c>http</c> or <c>https</c>, with or without a trailing slash. Several stand for several
    /// namerds with the same data: the last good one is preferred, and a host name with several addresses counts as several too. A host name is resolved at
    /// each new connection. See <see cref="NamerdAddress"/> for parsing one of a command line. At least one. Default: <c>http://127.0.0.1:4180</c>.
    /// </summary>
    public IReadOnlyList<Uri> BaseAddresses { get; set; } = [new("http://127.0.0.1:4180/")];

    /// <summary>
    /// Gets or sets the namespace (the dtab of namerd) in which names are resolved. One that does not exist is an empty dtab for namerd, never an error.
    /// Default: <c>default</c>.
    /// </summary>
    public string Namespace { get; set; } = "default";

    /// <summary>
    /// Gets or sets a dtab that is appended to the one of the namespace, so that its entries win. It is part of each request, whose line namerd limits to 4 KiB. Default: empty.
    /// </summary>
    public Dtab Dtab { get; set; } = Dtab.Empty;

    /// <summary>Gets or sets the requests that are sent. Default: <see cref="NamerdMode.Bind"/>.</summary>
    public NamerdMode Mode { get; set; } = NamerdMode.Bind;

    /// <summary>
    /// Gets or sets the time between two polls, of <see cref="NamerdMode.Poll"/> and of those that check a watch, jittered by 10 %. More than zero, at most 30 days.
    /// Default: 60 s.
    /// </summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Gets or sets the maximum age of a watch, jittered by 10 %: then a new one is opened, to another namerd if there are several, and the old one closed once
    /// the new one has answered. So a stream that hangs, or a namerd whose state is stale, is left. More than zero, at most 30 days. Default: 10 minutes.
    /// </summary>
    public TimeSpan MaxStreamAge { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Gets or sets the options of TLS, for addresses of <c>https</c>. Files are read again when they change: the next connection uses them. The name that namerd's certificate must have is the host of
    /// the address unless <see cref="ServerTlsOptions.ServerName"/> is set, which has no placeholders here. Default: the system's trusted roots, and no client certificate.
    /// </summary>
    public ServerTlsOptions Tls { get; set; } = new();

    /// <summary>
    /// Gets or sets the longest time of an answer: for a poll the whole of it; for a watch the headers, the first event of a renewed one, and each pause within
    /// a document that has begun. Between its documents a watch may be silent for ever. More than zero, at most 1 day. Default: 10 s.
    /// </summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets the size of the longest document that is accepted, in bytes; it bounds the memory of a watch, too. Default: 16 MiB.</summary>
    public int MaxAnswerBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Gets or sets the clock of intervals, timeouts and back-off. Default: <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Gets or sets the generator of jitter, which is used under a lock on itself. Null, the default: a fast one that all threads share.</summary>
    public Random? Random { get; set; }

    /// <summary>Gets or sets the factory of the logger, of the category <c>Linkerd.Tcp.Namerd</c>. Default: nothing is logged.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    internal NamerdOptions Copy()
    {
        var copy = (NamerdOptions)MemberwiseClone();
        copy.BaseAddresses = BaseAddresses is null ? null! : [.. BaseAddresses];
        copy.Tls = Tls is null ? null! : ServerTlsAuthenticator.Copy(Tls);
        return copy;
    }

    internal void Validate(OptionsValidator validator)
    {
        validator.Expect(BaseAddresses is null or { Count: > 0 }, BaseAddresses, "at least one address");
        validator.Each(BaseAddresses);
        for (var i = 0; i < BaseAddresses?.Count; i++)
        {
            if (BaseAddresses[i] is { } address && NamerdAddress.Check(address) is { } wrong)
            {
                validator.Add(wrong, FormattableString.Invariant($"{nameof(BaseAddresses)}[{i}]"));
            }
        }

        validator.Expect(
            NamerdAddress.IsNamespace(Namespace), Namespace, "a namespace of characters that stand for themselves in a URL, such as letters, digits, '-' and '_',");
        validator.NotNull(Dtab);
        validator.Expect(Enum.IsDefined(Mode), Mode, $"one of {string.Join(", ", Enum.GetNames<NamerdMode>())}");
        validator.Expect(Interval > TimeSpan.Zero && Interval <= MaxInterval, Interval, "more than zero, at most 30 days,");
        validator.Expect(MaxStreamAge > TimeSpan.Zero && MaxStreamAge <= MaxInterval, MaxStreamAge, "more than zero, at most 30 days,");
        validator.Nested(Tls, ServerTlsAuthenticator.Validate);
        validator.Expect(RequestTimeout > TimeSpan.Zero && RequestTimeout <= TimeSpan.FromDays(1), RequestTimeout, "more than zero, at most 1 day,");
        validator.Expect(MaxAnswerBytes >= 1, MaxAnswerBytes, "1 or more");
        validator.NotNull(TimeProvider);
        validator.NotNull(LoggerFactory);
        ValidateRequests(validator);
    }

    private void ValidateRequests(OptionsValidator validator)
    {
        if (Dtab is not { Entries.IsEmpty: false })
        {
            return;
        }

        // The shortest name: a dtab that leaves no room for it leaves none for any.
        var shortest = new NamerdRequest(this, "bind", DstPath.Root);
        foreach (var address in BaseAddresses ?? [])
        {
            if (address is { IsAbsoluteUri: true } && shortest.TooLong(NamerdRequest.BasePath(address)) is { } tooLong)
            {
                validator.Add(tooLong, nameof(Dtab));
                return;
            }
        }
    }
}
