using Linkerd.Tcp.LoadTest.Native;
using Linkerd.Tcp.LoadTest.Tls;

namespace Linkerd.Tcp.LoadTest.Proxies;

/// <summary>nginx with its stream module, built in or loaded.</summary>
internal sealed class Nginx(string name) : ProxyKind(name)
{
    private const string Program = "nginx";
    private const string ModuleName = "ngx_stream_module.so";

    public override int SoftStopSignal => Constants.QuitSignal;

    public override string? FindObstacle()
    {
        if (Programs.Find(Program) is not { } path)
        {
            return "nginx is not installed";
        }

        return HasModuleBuiltIn(path) || FindModule(path) is not null ? null : "nginx's stream module is not installed (Debian: libnginx-mod-stream)";
    }

    public override bool SupportsTls => Arguments(Programs.Find(Program)!).Contains("--with-stream_ssl_module");

    public override string ReadVersion() => Programs.FirstLine(Programs.Find(Program)!, "-v");

    public override IReadOnlyList<string> Prepare(string folder, int listenPort, int backendPort, TlsSides tls, TestCertificates? certificates)
    {
        var path = Programs.Find(Program)!;
        var load = HasModuleBuiltIn(path) ? "" : $"load_module {FindModule(path)};";
        var (client, server) = (tls.HasFlag(TlsSides.Client), tls.HasFlag(TlsSides.Server));
        var configuration = ConfigurationTemplate.Write(
            "nginx.conf",
            folder,
            listenPort,
            backendPort,
            ("{LOAD_MODULE}", load),
            ("{CLIENT_TLS}", client ? " ssl" : ""),
            ("{CLIENT_CERTIFICATE}", client ? $"ssl_certificate {certificates!.Certificate}; ssl_certificate_key {certificates.Key}; {Versions("ssl_protocols")}" : ""),
            ("{SERVER_TLS}", server ? $"proxy_ssl on; proxy_ssl_verify on; proxy_ssl_trusted_certificate {certificates!.Authority}; proxy_ssl_server_name on; proxy_ssl_name {TestCertificates.Name}; {Versions("proxy_ssl_protocols")}" : ""));
        return [path, "-p", folder, "-e", "stderr", "-c", configuration];
    }

    // TLS 1.3 is among the defaults of newer versions only.
    private static string Versions(string directive) => $"{directive} TLSv1.2 TLSv1.3;";

    private static bool HasModuleBuiltIn(string path) => Arguments(path).Contains("--with-stream");

    private static string? FindModule(string path)
    {
        const string Option = "--modules-path=";
        var folder = Arguments(path).FirstOrDefault(static argument => argument.StartsWith(Option, StringComparison.Ordinal))?[Option.Length..];
        return new[] { folder, "/usr/lib/nginx/modules", "/usr/lib64/nginx/modules" }
            .Where(static candidate => candidate is not null)
            .Select(static candidate => Path.Combine(candidate!, ModuleName))
            .FirstOrDefault(File.Exists);
    }

    private static string[] Arguments(string path) => Programs.Output(path, "-V").Split([' ', '\n']);
}
