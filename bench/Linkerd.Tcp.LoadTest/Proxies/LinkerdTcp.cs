using System.Globalization;

namespace Linkerd.Tcp.LoadTest.Proxies;

/// <summary>The executable of this repository, with one engine or another.</summary>
internal sealed class LinkerdTcp(string name, string? path, string arguments) : ProxyKind(name)
{
    public override bool IsOurs => true;

    public override string? FindObstacle() => path switch
    {
        null => "the executable was not named (--linkerd-tcp PATH)",
        _ when !File.Exists(path) => $"there is no file {path}",
        _ => null,
    };

    public override string ReadVersion() => $"{Programs.FirstLine(path!, "--version")} ({arguments})";

    public override IReadOnlyList<string> Prepare(string folder, int listenPort, int backendPort) =>
    [
        Path.GetFullPath(path!),
        "-l",
        string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{listenPort}"),
        .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        string.Create(CultureInfo.InvariantCulture, $"/$/inet/127.0.0.1/{backendPort}"),
    ];
}
