using System.Net;

namespace Linkerd.Tcp.Namerd;

/// <summary>Builds the requests about one name. The URLs are made here once, character by character as namerd is to see them.</summary>
internal sealed class NamerdRequest
{
    private readonly Uri _plain;
    private readonly Uri _watch;

    public NamerdRequest(NamerdOptions options, DstPath name)
    {
        Name = name;
        BaseAddress = Print(options.BaseAddresses[0]);
        var url = $"{BaseAddress}/api/1/resolve/{options.Namespace}?path={Uri.EscapeDataString(name.ToString())}";
        _plain = Exactly(url);
        _watch = Exactly(url + "&watch=true");
    }

    public DstPath Name { get; }

    /// <summary>The base address without a trailing slash: to namerd, <c>//api</c> is not <c>/api</c>.</summary>
    public string BaseAddress { get; }

    /// <summary>
    /// A new message. No header is added to what HTTP needs: with an Accept-Encoding namerd would compress, watches included.
    /// </summary>
    public HttpRequestMessage Make(bool watch) => new(HttpMethod.Get, watch ? _watch : _plain)
    {
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    /// <summary>As Uri prints it, but with the zone of an IPv6 address, which Uri leaves out.</summary>
    public static string Print(Uri address)
    {
        var host = address.HostNameType == UriHostNameType.IPv6 ? $"[{address.IdnHost}]" : address.IdnHost;
        var port = address.IsDefaultPort ? string.Empty : $":{address.Port}";
        return $"{address.Scheme}://{host}{port}{address.AbsolutePath.TrimEnd('/')}";
    }

    // A namespace may hold what a path is normalised for, such as dots.
    private static Uri Exactly(string url) => new(url, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
}
