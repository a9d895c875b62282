using Linkerd.Tcp.LoadTest.Native;

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

    public override string ReadVersion() => Programs.FirstLine(Programs.Find(Program)!, "-v");

    public override IReadOnlyList<string> Prepare(string folder, int listenPort, int backendPort)
    {
        var path = Programs.Find(Program)!;
        var load = HasModuleBuiltIn(path) ? "" : $"load_module {FindModule(path)};";
        var configuration = ConfigurationTemplate.Write("nginx.conf", folder, listenPort, backendPort, ("{LOAD_MODULE}", load));
        return [path, "-p", folder, "-e", "stderr", "-c", configuration];
    }

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
