using Linkerd.Tcp.Namerd;

namespace Linkerd.Tcp.Cli;

/// <content>The options that decide who resolves names, and how; of the proxy and of <c>resolve</c> alike.</content>
internal static partial class CliOptions
{
    public static ValueOption<IReadOnlyList<Uri>> NamerdAddress { get; } = new(
        'n', "namerd-addr", "ADDR", "The address of namerd's HTTP interface", "127.0.0.1:4180", NamerdText.ParseAddresses);

    public static ValueOption<TimeSpan> NamerdInterval { get; } = new(
        'i', "namerd-interval", "SECS", "Namerd refresh interval in seconds", "60", ParseSeconds);

    public static ValueOption<string> NamerdNamespace { get; } = new(
        'N', "namerd-ns", "NS", "Namerd namespace in which the target will be resolved", "default", NamerdText.ParseNamespace);

    public static ValueOption<string?> Disco { get; } = new(
        null, "disco", "DIR", "Bind names here, without namerd: a file of DIR is a name under /#/io.l5d.fs; without --dtab /svc => /#/io.l5d.fs", "off", DirectoryText.ParseExisting);

    public static ValueOption<Dtab?> Dtab { get; } = new(
        null, "dtab", "DTAB", "Bind names here, without namerd, by this dtab, or the one of a file: @FILE", "off", DtabText.Parse);

    public static ValueOption<NamerdMode?> Mode { get; } = new(
        null, "namerd-mode", "MODE", "What namerd is asked: bind, resolve (as the original: splits do not hold) or poll (bind, without watching)", "bind", NamerdText.ParseMode);

    public static FlagOption Poll { get; } = new(null, "poll", "Short for --namerd-mode poll: ask namerd at each refresh interval instead of watching");

    public static ValueOption<Dtab?> NamerdDtab { get; } = new(
        null, "namerd-dtab", "DTAB", "Entries, or @FILE, that namerd appends to its dtab for these names: they win", "off", DtabText.Parse);

    public static ValueOption<TimeSpan> NamerdMaxAge { get; } = new(
        null, "namerd-max-age", "DURATION", "Longest that one watch is followed (give or take a tenth) before it is opened anew", "10m", NamerdText.ParseMaxAge);

    public static ValueOption<string?> NamerdCa { get; } = new(
        null, "namerd-ca", "FILE", "PEM file of the authorities that may have issued namerd's certificate; off: those of the system", "off", OffOr);

    public static ValueOption<string?> NamerdCert { get; } = new(
        null, "namerd-cert", "FILE", "PEM file of the certificate that namerd is shown, its chain behind it", "off", OffOr);

    public static ValueOption<string?> NamerdKey { get; } = new(
        null, "namerd-key", "FILE", "PEM file of its private key; off: it is in the file of the certificate", "off", OffOr);

    public static ValueOption<string?> NamerdServerName { get; } = new(
        null, "namerd-server-name", "NAME", "The name that namerd's certificate must be for; off: the host of its address", "off", OffOr);

    public static ValueOption<string?> StateDirectory { get; } = new(
        null, "state-dir", "DIR", "Remember the last good endpoints of each name here, for a start without a control plane", "off", DirectoryText.ParseWritable);

    /// <summary>What bind names here.</summary>
    public static IReadOnlyList<CliOption> LocalNaming => [Disco, Dtab];

    /// <summary>What says anything about namerd, besides the original's options.</summary>
    public static IReadOnlyList<CliOption> NamerdNaming => [Mode, Poll, NamerdDtab, NamerdMaxAge, NamerdCa, NamerdCert, NamerdKey, NamerdServerName];

    private static string? OffOr(string text) => text == "off" ? null : text;
}
