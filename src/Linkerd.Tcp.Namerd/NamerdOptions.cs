using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Namerd;

/// <summary>How a <see cref="NamerdResolver"/> asks namerd. Immutable; checked when the resolver is made.</summary>
public sealed record NamerdOptions
{
    /// <summary>The options with every default.</summary>
    public static NamerdOptions Default { get; } = new();

    /// <summary>
    /// Where namerd's HTTP interface (<c>io.l5d.httpController</c>) is; <c>http</c> or <c>https</c>, with or without a trailing slash. Several are several
    /// namerds that know the same: the last good one is preferred, and a host name with several addresses counts as several too. A host name is resolved at
    /// each new connection. See <see cref="NamerdAddress"/> for reading one from a command line. At least one. Default: <c>http://127.0.0.1:4180</c>.
    /// </summary>
    public IReadOnlyList<Uri> BaseAddresses { get; init; } = [new("http://127.0.0.1:4180/")];

    /// <summary>
    /// The namespace, that is the dtab, in which names are resolved. One that does not exist is an empty dtab to namerd, never an error.
    /// Default: <c>default</c>.
    /// </summary>
    public string Namespace { get; init; } = "default";

    /// <summary>
    /// A dtab that is appended to the one of the namespace, so that its entries win. It is part of each request, whose line namerd limits to 4 KiB. Default: empty.
    /// </summary>
    public Dtab Dtab { get; init; } = Dtab.Empty;

    /// <summary>Which questions are asked. Default: <see cref="NamerdMode.Bind"/>.</summary>
    public NamerdMode Mode { get; init; } = NamerdMode.Bind;

    /// <summary>
    /// The time between two polls, of <see cref="NamerdMode.Poll"/> and of the ones that back up a watch, jittered by 10 %. More than zero, at most 30 days.
    /// Default: 60 s.
    /// </summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The longest that one watch is followed, jittered by 10 %: then a new one is opened, to another namerd where there are several, and the old one closed once
    /// the new one has answered. So a stream that is stuck, or a namerd that went stale, is left. More than zero, at most 30 days. Default: 10 minutes.
    /// </summary>
    public TimeSpan MaxStreamAge { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>For addresses of <c>https</c>. Default: namerd is trusted as the system trusts it, and nothing is shown to it.</summary>
    public NamerdTlsOptions Tls { get; init; } = new();

    /// <summary>
    /// How long an answer may take: the whole of a poll's; of a watch's the headers, the first event of a renewed one, and each pause within
    /// a document that has begun. Between its documents a watch may be silent for ever. More than zero, at most 1 day. Default: 10 s.
    /// </summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest document that is accepted, in bytes; also what bounds the memory of a watch. Default: 16 MiB.</summary>
    public int MaxAnswerBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Where intervals, timeouts and back-off take the time from. Default: the system's clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where jitter comes from. Default: <see cref="RandomSource.Shared"/>.</summary>
    public IRandomSource Random { get; init; } = RandomSource.Shared;

    /// <summary>Makes the logger of the category <c>Linkerd.Tcp.Namerd</c>. Default: none.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(BaseAddresses);
        ArgumentNullException.ThrowIfNull(Dtab);
        ArgumentNullException.ThrowIfNull(Tls);
        ArgumentOutOfRangeException.ThrowIfZero(BaseAddresses.Count);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(Random);
        ArgumentNullException.ThrowIfNull(LoggerFactory);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Interval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Interval, TimeSpan.FromDays(30));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(MaxStreamAge, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxStreamAge, TimeSpan.FromDays(30));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(RequestTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(RequestTimeout, TimeSpan.FromDays(1));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAnswerBytes, 1);
        foreach (var address in BaseAddresses)
        {
            if (NamerdAddress.Check(address) is { } wrong)
            {
                throw new ArgumentException(wrong, nameof(BaseAddresses));
            }
        }

        if (!NamerdAddress.IsNamespace(Namespace))
        {
            throw new ArgumentException(
                $"'{Namespace}' is not a namespace: expected characters that stand for themselves in a URL, such as letters, digits, '-' and '_'",
                nameof(Namespace));
        }

        ValidateRequests();
    }

    private void ValidateRequests()
    {
        if (!Enum.IsDefined(Mode))
        {
            throw new ArgumentOutOfRangeException(nameof(Mode), Mode, "It is none of the modes.");
        }

        // The shortest name: a dtab that leaves no room for it leaves none for any.
        var shortest = new NamerdRequest(this, "bind", DstPath.Root);
        if (!Dtab.Entries.IsEmpty && BaseAddresses.Select(address => shortest.TooLong(NamerdRequest.BasePath(address))).FirstOrDefault(problem => problem is not null) is { } tooLong)
        {
            throw new ArgumentException(tooLong, nameof(Dtab));
        }
    }
}
