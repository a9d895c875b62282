using System.Globalization;
using Linkerd.Tcp.LoadTest.Tls;

namespace Linkerd.Tcp.LoadTest.Proxies;

/// <summary>An executable of this repository, with one engine or another.</summary>
/// <param name="name">The name in the report.</param>
/// <param name="path">The path of the executable; null if it was not given.</param>
/// <param name="arguments">The arguments beside its addresses.</param>
/// <param name="option">The option that gives the path, for messages.</param>
internal sealed class LinkerdTcp(string name, string? path, string arguments, string option = LinkerdTcp.PathOption) : ProxyKind(name)
{
    public const string PathOption = "--linkerd-tcp";
    public const string BaselineOption = "--baseline";

    public override bool IsOurs => option == PathOption;

    public override bool IsBaseline => option == BaselineOption;

    public override string? FindObstacle() => path switch
    {
        null => $"the executable was not named ({option} PATH)",
        _ when !File.Exists(path) => $"there is no file {path}",
        _ => null,
    };

    /// <summary>A baseline may be older than the option.</summary>
    public override bool SupportsTls => Programs.Output(path!, "--help").Contains("--tls-cert", StringComparison.Ordinal);

    public override string ReadVersion() => $"{Programs.FirstLine(path!, "--version")} ({arguments.Trim()})";

    public override IReadOnlyList<string> Prepare(string folder, int listenPort, int backendPort, TlsSides tls, TestCertificates? certificates) =>
    [
        Path.GetFullPath(path!),
        "-l",
        string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{listenPort}"),
        .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        .. tls.HasFlag(TlsSides.Client) ? new[] { "--tls-cert", certificates!.Certificate, "--tls-key", certificates.Key } : [],
        .. tls.HasFlag(TlsSides.Server) ? new[] { "--server-tls", "--server-tls-name", TestCertificates.Name, "--server-ca", certificates!.Authority } : [],
        string.Create(CultureInfo.InvariantCulture, $"/$/inet/127.0.0.1/{backendPort}"),
    ];
}
