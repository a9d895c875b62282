using System.Globalization;
using System.Net;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Namerd.Requests;

/// <summary>One request about one name, with the exact characters that are sent. Immutable.</summary>
internal sealed class NamerdRequest
{
    /// <summary>namerd answers a longer request line with 414 and closes the connection. In bytes, without the line's end.</summary>
    public const int MaxRequestLine = 4096;

    private const string Method = "GET ";
    private const string Version = " HTTP/1.1";
    private readonly string _dtab;
    private readonly string _plain;

    /// <param name="options">The source of the namespace and the dtab.</param>
    /// <param name="endpoint"><c>bind</c>, <c>addr</c>, <c>resolve</c> or <c>delegate</c>.</param>
    /// <param name="name">The name, or the id.</param>
    public NamerdRequest(NamerdOptions options, string endpoint, DstPath name)
    {
        Name = name;

        // An id has been bound already, and namerd ignores a dtab beside it.
        _dtab = endpoint == "addr" ? string.Empty : EncodeDtab(options.Dtab);
        _plain = $"/api/1/{endpoint}/{options.Namespace}?path={Uri.EscapeDataString(name.ToString())}{_dtab}";
    }

    public DstPath Name { get; }

    /// <summary>Gets the path and the query.</summary>
    public string Target(bool watch) => watch ? _plain + "&watch=true" : _plain;

    /// <summary>Returns the reason why namerd would refuse the request because of its length, at any address; null if it would not.</summary>
    /// <param name="basePath">The path of namerd's base address.</param>
    public string? TooLong(string basePath)
    {
        var length = Method.Length + basePath.Length + Target(watch: true).Length + Version.Length;
        if (length <= MaxRequestLine)
        {
            return null;
        }

        var dtab = _dtab.Length == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $", {_dtab.Length} of them for the dtab that is appended");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"the request line for {Abbreviate(Name)} is {length} bytes long{dtab}, and namerd takes {MaxRequestLine}: {(_dtab.Length > length / 2 ? "the dtab" : "the name")} is too long");
    }

    /// <summary>Prints an address like Uri, but with the zone of an IPv6 address, which Uri leaves out, and without the slash at the end.</summary>
    public static string Print(Uri address)
    {
        var host = address.HostNameType == UriHostNameType.IPv6 ? $"[{address.IdnHost}]" : address.IdnHost;
        var port = address.IsDefaultPort ? string.Empty : $":{address.Port}";
        return $"{address.Scheme}://{host}{port}{BasePath(address)}";
    }

    /// <summary>The path of a base address without a slash at the end: for namerd, <c>//api</c> is not <c>/api</c>.</summary>
    public static string BasePath(Uri address) => address.AbsolutePath.TrimEnd('/');

    /// <summary>
    /// Creates a message for a URI. No header is added to those that HTTP needs: with an Accept-Encoding namerd would compress, watches included.
    /// </summary>
    public static HttpRequestMessage Make(string uri) => new(HttpMethod.Get, Exactly(uri))
    {
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    // The exact print: namerd's own has two decimals. It may go without its spaces, as none stands within a label.
    private static string EncodeDtab(Dtab dtab) => dtab.Entries.IsEmpty ? string.Empty
        : $"&dtab={Uri.EscapeDataString(dtab.ToString(NameTreeFormat.Exact).Replace(" ", null, StringComparison.Ordinal))}";

    private static string Abbreviate(DstPath name) => name.ToString() is { Length: > 100 } text ? $"{text[..100]}..." : name.ToString();

    // A namespace may hold characters for which a path is normalised, such as dots.
    private static Uri Exactly(string url) => new(url, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
}
