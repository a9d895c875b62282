using Linkerd.Tcp.Namerd;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Hosting.Namerd;

/// <summary>The rows of namerd in the table of options.</summary>
internal static class NamerdRows
{
    public static IReadOnlyList<ConfigurationOption> All { get; } =
    [
        new ConfigurationOption<NamerdConfiguration, IReadOnlyList<Uri>>(
            OptionTypes.List("addresses", "host:port, http://, https://, mesh:// or meshs://; several with commas", NamerdText.ParseAddresses, static list => [.. list.Select(static address => address.ToString())], static list => list.Count > 0),
            static namerd => namerd.BaseAddresses,
            static (namerd, addresses) => namerd.BaseAddresses = addresses)
        {
            Key = "baseUrl",
            Argument = "namerd-addr",
            Letter = 'n',
            ValueName = "ADDR",
            Default = "127.0.0.1:4180",
            Help = "The address of namerd's HTTP interface",
            Details = "A list with commas names several equivalent namerds. `https://` selects TLS; `mesh://` and `meshs://` select the gRPC interface, with the default port 4321.",
        },
        new ConfigurationOption<NamerdConfiguration, TimeSpan>(OptionTypes.Seconds, static namerd => namerd.Period, static (namerd, period) => namerd.Period = period)
        {
            Key = "periodSecs",
            Argument = "namerd-interval",
            Letter = 'i',
            ValueName = "SECS",
            Default = "60",
            Help = "Namerd refresh interval in seconds",
        },
        new ConfigurationOption<NamerdConfiguration, string>(
            OptionTypes.Text("text", "letters, digits, '-', '.', '_', '/'", NamerdText.ParseNamespace, static text => text, NamerdAddress.IsNamespace),
            static namerd => namerd.Namespace,
            static (namerd, name) => namerd.Namespace = name)
        {
            Key = "namespace",
            Argument = "namerd-ns",
            Letter = 'N',
            ValueName = "NS",
            Default = "default",
            Help = "Namerd namespace in which the target will be resolved",
        },
        new ConfigurationOption<NamerdConfiguration, NamerdMode>(
            OptionTypes.Choice(ignoreCase: false, ("bind", NamerdMode.Bind), ("resolve", NamerdMode.Resolve), ("poll", NamerdMode.Poll)), static namerd => namerd.Mode, static (namerd, mode) => namerd.Mode = mode)
        {
            Key = "mode",
            Argument = "namerd-mode",
            ValueName = "MODE",
            Default = "bind",
            Help = "How namerd is queried: bind, resolve (as the original: splits are not exact) or poll (bind, without watching)",
        },
        new ConfigurationOption<NamerdConfiguration, bool>(
            OptionTypes.Flag, static namerd => namerd.Mode == NamerdMode.Poll, static (namerd, polls) => namerd.Mode = polls ? NamerdMode.Poll : namerd.Mode)
        {
            Argument = "poll",
            Default = "false",
            Help = "Short for --namerd-mode poll: query namerd at each refresh interval instead of watching",
        },
        new ConfigurationOption<NamerdConfiguration, Dtab?>(OptionTypes.Dtab, static namerd => namerd.Dtab, static (namerd, dtab) => namerd.Dtab = dtab)
        {
            Key = "dtab",
            Argument = "namerd-dtab",
            ValueName = "DTAB",
            Default = "off",
            Help = "Entries, or @FILE, that namerd appends to its dtab for this proxy; they take precedence",
        },
        new ConfigurationOption<NamerdConfiguration, TimeSpan>(
            OptionTypes.Duration(
                DurationUnit.Seconds,
                longest: TimeSpan.FromDays(30),
                why: "expected a duration of at most 720h, such as 10m: a watch that is never opened again can be dead without a sign"),
            static namerd => namerd.MaxAge,
            static (namerd, age) => namerd.MaxAge = age)
        {
            Key = "maxAgeSecs",
            Argument = "namerd-max-age",
            ValueName = "DURATION",
            Default = "10m",
            Help = "Maximum time (plus or minus 10 %) before a watch is opened again",
        },
        new ConfigurationOption<NamerdConfiguration, string?>(OptionTypes.TextOrOff, static namerd => namerd.TrustCerts, static (namerd, file) => namerd.TrustCerts = file)
        {
            Key = NamerdTlsFiles.TrustCerts,
            Argument = "namerd-ca",
            ValueName = "FILE",
            Default = "off",
            Help = "PEM file of the certificate authorities that are trusted for namerd; off: those of the system",
        },
        new ConfigurationOption<NamerdConfiguration, string?>(OptionTypes.TextOrOff, static namerd => namerd.Cert, static (namerd, file) => namerd.Cert = file)
        {
            Key = NamerdTlsFiles.Cert,
            Argument = "namerd-cert",
            ValueName = "FILE",
            Default = "off",
            Help = "PEM file of the client certificate for namerd, followed by its chain",
        },
        new ConfigurationOption<NamerdConfiguration, string?>(OptionTypes.TextOrOff, static namerd => namerd.PrivateKey, static (namerd, file) => namerd.PrivateKey = file)
        {
            Key = NamerdTlsFiles.PrivateKey,
            Argument = "namerd-key",
            ValueName = "FILE",
            Default = "off",
            Help = "PEM file of the private key of --namerd-cert; off: the key is in the same file",
        },
        new ConfigurationOption<NamerdConfiguration, string?>(OptionTypes.TextOrOff, static namerd => namerd.DnsName, static (namerd, name) => namerd.DnsName = name)
        {
            Key = NamerdTlsFiles.DnsName,
            Argument = "namerd-server-name",
            ValueName = "NAME",
            Default = "off",
            Help = "The name that namerd's certificate must have; off: the host of its address",
        },
    ];
}
