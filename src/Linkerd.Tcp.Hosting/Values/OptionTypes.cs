using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Hosting.Values;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Sessions;

namespace Linkerd.Tcp.Hosting;

/// <summary>Provides the types of options, for any thread, for the options of this package and of kinds that other packages register.</summary>
public static class OptionTypes
{
    /// <summary>Gets the type of targets of sessions: a name, an address of a server, or a tree of them.</summary>
    public static OptionType<NameTree?> Target { get; } = new TextType<NameTree?>(
        "target", "a name, an address, or a tree of them", TargetText.Parse, static tree => tree!.ToString(), static tree => tree!.Names().All(static name => name.Count > 0));

    /// <summary>Gets the type of dtabs, and of files that hold one: <c>@FILE</c>.</summary>
    public static OptionType<Dtab?> Dtab { get; } = new TextType<Dtab?>("dtab", "a dtab, or @FILE, or off", DtabText.Parse, DtabText.Print, null);

    /// <summary>Gets the type of prefixes of names.</summary>
    public static OptionType<DstPath> Prefix { get; } = new TextType<DstPath>("name", "a name; / is all of them", PrefixText.Parse, static name => name.ToString(), null);

    /// <summary>Gets the type of bytes that are sent or expected, as text with escapes.</summary>
    public static OptionType<ReadOnlyMemory<byte>> Bytes { get; } = new TextType<ReadOnlyMemory<byte>>(
        "text", @"bytes as UTF-8, with \r \n \t \\ and \xNN, or off", BytesText.Parse, BytesText.Print, null);

    /// <summary>Gets the type of directories that exist.</summary>
    public static OptionType<string?> ExistingDirectory { get; } = new TextType<string?>("directory", "a directory, or off", DirectoryText.ParseExisting, static path => path, null);

    /// <summary>Gets the type of directories that are created if they do not exist, and written to.</summary>
    public static OptionType<string?> WritableDirectory { get; } = new TextType<string?>("directory", "a directory, or off", DirectoryText.ParseWritable, static path => path, null);

    /// <summary>Gets the type of texts, with <c>off</c> for none.</summary>
    public static OptionType<string?> TextOrOff { get; } = new TextType<string?>("text", "any text, or off", static text => text == "off" ? null : text, static text => text, static text => text!.Length > 0 && text != "off");

    /// <summary>Gets the type of files of logs; <c>off</c> is an empty text.</summary>
    internal static OptionType<string?> LogFile { get; } = new TextType<string?>(
        "file",
        "the path of a file, - for stdout, or off",
        static text => text.Length > 0 && IsLogFile(text) ? ParseTextOrEmpty(text) : throw new InvalidValueException("expected the path of a file, - for stdout, or off"),
        PrintTextOrEmpty,
        static path => IsLogFile(path!) && path != "off");

    /// <summary>Gets the type of whole numbers of seconds, up to a day.</summary>
    public static OptionType<TimeSpan> Seconds { get; } = new SecondsType(isOffAllowed: false);

    /// <summary>Gets the type of whole numbers of seconds, up to a day, and <c>off</c>.</summary>
    public static OptionType<TimeSpan> SecondsOrOff { get; } = new SecondsType(isOffAllowed: true);

    /// <summary>Gets the type of yes and no.</summary>
    public static OptionType<bool> Flag { get; } = new ChoiceType<bool>(ignoreCase: false, [("true", true), ("false", false)], OptionForm.Flag);

    /// <summary>Gets the type of numbers of bytes, up to 64 MiB; the command line has KB.</summary>
    internal static OptionType<int> Kilobytes { get; } = new KilobytesType(65536);

    /// <summary>Gets the type of addresses to listen on.</summary>
    internal static OptionType<IPEndPoint> ListenAddress { get; } = new TextType<IPEndPoint>(
        "address", "an IP address and a port, or a port alone", AddressText.ParseListen, static address => address.ToString(), null);

    /// <summary>Gets the type of lists of addresses of servers.</summary>
    internal static OptionType<IReadOnlyList<IPEndPoint>> ServerAddresses { get; } = new ListType<IReadOnlyList<IPEndPoint>>(
        "addresses", "IP addresses with ports, separated by commas", AddressText.ParseServers, static list => [.. list.Select(static address => address.ToString())], static list => list.Count > 0 && list.All(static address => address.Port > 0));

    /// <summary>Gets the type of lists of IP addresses.</summary>
    internal static OptionType<IReadOnlyList<IPAddress>?> IPAddresses { get; } = new ListType<IReadOnlyList<IPAddress>?>(
        "addresses", "IP addresses, separated by commas, or off", AddressText.ParseAddresses, static list => [.. list!.Select(static address => address.ToString())], null);

    /// <summary>Gets the type of lists of networks of clients.</summary>
    internal static OptionType<ClientNetworks?> Networks { get; } = new ListType<ClientNetworks?>(
        "networks", "networks such as 10.0.0.0/8 and addresses, separated by commas, or off", ClientNetworksText.Parse, static networks => networks!.ToString().Split(", "), static networks => networks!.Networks.Length > 0);

    /// <summary>Gets the type of IP addresses to listen on.</summary>
    internal static OptionType<IPAddress> IPAddress { get; } = new TextType<IPAddress>("address", "an IP address", AddressText.ParseAddress, static address => address.ToString(), null);

    /// <summary>Gets the type of the ejection of endpoints, in the form of the command line.</summary>
    internal static OptionType<CircuitBreakerOptions?> FailFast { get; } = new TextType<CircuitBreakerOptions?>(
        "text", "FAILURES from 1 to 1000000 and, after a comma, PENALTY, or off", FailFastText.Parse, static options => FailFastText.Print(options!), null);

    /// <summary>Gets the type of the bound of load with hashing, in the form of the command line.</summary>
    internal static OptionType<HashBalance?> HashBalance { get; } = new TextType<HashBalance?>(
        "text", "PERCENT from 101 to 100000 and, after a comma, N, or off", static text => Values.HashBalance.Parse(text), static balance => balance!.Value.Print(), null);

    /// <summary>Gets the type of balancing algorithms.</summary>
    internal static OptionType<BalancerKind> Balancer { get; } = Choice(
        ignoreCase: true,
        ("p2c", BalancerKind.P2c),
        ("peakEwma", BalancerKind.PeakEwma),
        ("leastConnections", BalancerKind.LeastConnections),
        ("roundRobin", BalancerKind.RoundRobin),
        ("random", BalancerKind.Random),
        ("maglev", BalancerKind.Maglev));

    /// <summary>Gets the type of paths of files; <c>off</c> is an empty text.</summary>
    internal static OptionType<string?> File { get; } = new TextType<string?>("file", "the path of a file, or off", ParseTextOrEmpty, PrintTextOrEmpty, static path => path!.Length == 0 || (TlsText.IsFile(path) && path != "off"));

    /// <summary>Gets the type of the files of a certificate; a text is the path of one file, commas included.</summary>
    internal static OptionType<IReadOnlyList<string>> CertificateFiles { get; } = new ListType<IReadOnlyList<string>>(
        "files",
        "paths of files, the certificate first and then its chain",
        static items => items.Count > 0 ? items : throw new InvalidValueException("expected one file or more, the certificate first and then its chain"),
        static list => list,
        static list => list.Count > 0 && list.All(static path => path is not null && TlsText.IsFile(path)),
        isSplit: false);

    /// <summary>Gets the type of lists of paths of files.</summary>
    internal static OptionType<IReadOnlyList<string>?> Files { get; } = ListText.TypeOf("files", "paths of files, separated by commas", TlsText.IsFile);

    /// <summary>Gets the type of lists of names that certificates have.</summary>
    internal static OptionType<IReadOnlyList<string>?> PeerNames { get; } = ListText.TypeOf(
        "names", "host names, patterns such as *.example.com, IP addresses and URIs such as spiffe://example.org/web or spiffe://example.org/*, separated by commas", TlsText.IsPeerName);

    /// <summary>Gets the type of the name to verify, which may have placeholders; <c>off</c> is an empty text.</summary>
    internal static OptionType<string?> ServerName { get; } = new TextType<string?>(
        "name",
        "a host name or an IP address, with the placeholders {sni}, {1} to {32} or none, or off",
        static text => text == "off" || TlsText.IsTemplate(text) ? ParseTextOrEmpty(text)
            : throw new InvalidValueException("expected a host name or an IP address, with the placeholders {sni} (the client's server name), {1}, {2} (the labels of the name) or none, or off"),
        PrintTextOrEmpty,
        static name => name!.Length == 0 || (TlsText.IsTemplate(name) && name != "off"));

    /// <summary>Gets the type of lists of application protocols.</summary>
    internal static OptionType<IReadOnlyList<string>?> Protocols { get; } = ListText.TypeOf("protocols", "application protocols such as h2,http/1.1, separated by commas", TlsText.IsProtocol);

    /// <summary>Gets the type of lists of application protocols, or the one of the client.</summary>
    internal static OptionType<IReadOnlyList<string>?> OfferedProtocols { get; } = new ListType<IReadOnlyList<string>?>(
        "protocols",
        $"{TlsText.ClientProtocol}, or {Protocols.Range}",
        static items => items is [TlsText.ClientProtocol] ? items : Protocols.ParseItems(items),
        static list => list!,
        static list => list is [TlsText.ClientProtocol] || Protocols.IsValid(list));

    /// <summary>Gets the type of lists of groups of the key exchange.</summary>
    internal static OptionType<IReadOnlyList<string>?> Groups { get; } = ListText.TypeOf("groups", "groups in OpenSSL's names such as X25519,P-256, separated by commas", static text => TlsText.IsOpenSslName(text));

    /// <summary>Gets the type of lists of signature algorithms.</summary>
    internal static OptionType<IReadOnlyList<string>?> SignatureAlgorithms { get; } = ListText.TypeOf(
        "algorithms", "signature algorithms in OpenSSL's names such as ecdsa_secp256r1_sha256,rsa_pss_rsae_sha256, separated by commas", static text => TlsText.IsOpenSslName(text, allowPlus: true));

    /// <summary>Gets the type of lists of cipher suites.</summary>
    internal static OptionType<IReadOnlyList<string>?> CipherSuites { get; } = ListText.TypeOf(
        "suites", "cipher suites in OpenSSL's names such as TLS_AES_128_GCM_SHA256,ECDHE-ECDSA-AES128-GCM-SHA256, separated by commas", static text => TlsText.IsOpenSslName(text));

    /// <summary>Gets the type of lifetimes of session tickets (RFC 8446, section 4.6.1).</summary>
    internal static OptionType<TimeSpan> TicketLifetime { get; } = new DurationType(
        DurationUnit.Seconds, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7), "expected a duration from 1s to 168h, such as 2h: a ticket is for a time");

    /// <summary>Gets the type of versions of TLS.</summary>
    internal static OptionType<TlsVersion> TlsVersion { get; } = Choice(ignoreCase: false, ("1.2", Security.TlsVersion.Tls12), ("1.3", Security.TlsVersion.Tls13));

    /// <summary>Gets the type of the ends of streams that were cut.</summary>
    internal static OptionType<TlsTruncation> Truncation { get; } = Choice(ignoreCase: false, ("pass", TlsTruncation.Pass), ("fin", TlsTruncation.Fin), ("reset", TlsTruncation.Reset));

    /// <summary>Creates a type of whole numbers.</summary>
    /// <param name="unit">The unit of the number.</param>
    /// <param name="least">The least number.</param>
    /// <param name="most">The greatest number.</param>
    /// <param name="zeroWord">The word that is read as 0, such as <c>off</c>; null for none.</param>
    public static OptionType<int> Count(string unit, int least, int most, string? zeroWord = null) => new CountType(unit, least, most, zeroWord);

    /// <summary>Creates a type of durations. <see cref="Timeout.InfiniteTimeSpan"/> is <c>off</c>.</summary>
    /// <param name="unit">The unit of a file.</param>
    /// <param name="allowZero">True if zero is a value.</param>
    /// <param name="longest">The longest duration; null for 1000 hours, as no timer can be set to more than 49 days.</param>
    /// <param name="why">Forbids <c>off</c>: the expected value and the reason, for the message; null to allow it.</param>
    public static OptionType<TimeSpan> Duration(DurationUnit unit = DurationUnit.Milliseconds, bool allowZero = false, TimeSpan? longest = null, string? why = null) =>
        new DurationType(unit, allowZero ? TimeSpan.Zero : TimeSpan.FromMilliseconds(1), longest ?? DurationText.Longest, why);

    /// <summary>Creates a type of numbers that need not be whole.</summary>
    /// <param name="unit">The unit of the number.</param>
    /// <param name="above">The exclusive lower bound; null if the number may be 0.</param>
    /// <param name="most">The greatest number.</param>
    public static OptionType<double> Fraction(string unit, double? above, double most) => new FractionType(unit, above, most);

    /// <summary>Creates a type of values that have names.</summary>
    /// <param name="ignoreCase">True if the case of names is ignored.</param>
    /// <param name="choices">The names and their values.</param>
    public static OptionType<T> Choice<T>(bool ignoreCase, params (string Name, T Value)[] choices) => new ChoiceType<T>(ignoreCase, choices);

    /// <summary>Creates a type that functions read and print.</summary>
    /// <param name="name">The name of the type.</param>
    /// <param name="range">A description of the values that are valid.</param>
    /// <param name="parse">Parses a value; throws <see cref="InvalidValueException"/>.</param>
    /// <param name="print">Prints a value so that it reads back the same; null if it cannot be printed.</param>
    /// <param name="isValid">Returns true if a value is within the range; null if all are.</param>
    public static OptionType<T> Text<T>(string name, string range, Func<string, T> parse, Func<T, string?> print, Func<T, bool>? isValid = null) =>
        new TextType<T>(name, range, parse, print, isValid);

    /// <summary>Creates a type of lists: a sequence in a file, or a text with commas.</summary>
    /// <param name="name">The name of the type.</param>
    /// <param name="range">A description of the values that are valid.</param>
    /// <param name="parse">Parses the items; throws <see cref="InvalidValueException"/>. An empty list is <c>off</c>.</param>
    /// <param name="print">Prints the items so that they read back the same.</param>
    /// <param name="isValid">Returns true if a list is within the range; null if all are.</param>
    public static OptionType<T> List<T>(string name, string range, Func<IReadOnlyList<string>, T> parse, Func<T, IReadOnlyList<string>> print, Func<T, bool>? isValid = null) =>
        new ListType<T>(name, range, parse, print, isValid);

    /// <summary>Creates a type that also has the value null, for an option without a value.</summary>
    /// <param name="type">The type of the values that may be given.</param>
    /// <param name="word">The word for null, such as <c>auto</c>; null if only leaving the option out means it.</param>
    public static OptionType<T?> OrNothing<T>(this OptionType<T> type, string? word = null)
        where T : struct => new OptionalType<T>(type, word);

    private static bool IsLogFile(string path) => !path.Contains('\0', StringComparison.Ordinal);

    private static string ParseTextOrEmpty(string text) => text == "off" ? string.Empty : text;

    private static string PrintTextOrEmpty(string? text) => text!.Length == 0 ? "off" : text;
}
