using Linkerd.Tcp.LoadTest.Native;

namespace Linkerd.Tcp.LoadTest.Proxies;

/// <summary>HAProxy with one of the configurations beside this program.</summary>
internal sealed class Haproxy(string name, string template) : ProxyKind(name)
{
    private const string Program = "haproxy";

    public override int SoftStopSignal => Constants.UserSignal;

    public override string? FindObstacle() => Programs.Find(Program) is null ? "haproxy is not installed" : null;

    public override string ReadVersion() => Programs.FirstLine(Programs.Find(Program)!, "-v");

    public override IReadOnlyList<string> Prepare(string folder, int listenPort, int backendPort)
    {
        var configuration = ConfigurationTemplate.Write(template, folder, listenPort, backendPort);
        return [Programs.Find(Program)!, "-db", "-f", configuration];
    }
}
