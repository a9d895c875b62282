using Linkerd.Tcp.LoadTest.Native;
using Linkerd.Tcp.LoadTest.Tls;

namespace Linkerd.Tcp.LoadTest.Proxies;

/// <summary>HAProxy with one of the configurations beside this program.</summary>
internal sealed class Haproxy(string name, string template, bool splices = false) : ProxyKind(name)
{
    private const string Program = "haproxy";

    public override int SoftStopSignal => Constants.UserSignal;

    public override string? FindObstacle() => Programs.Find(Program) is null ? "haproxy is not installed" : null;

    /// <summary>What is encrypted is not spliced.</summary>
    public override bool SupportsTls => !splices;

    public override string ReadVersion() => Programs.FirstLine(Programs.Find(Program)!, "-v");

    public override IReadOnlyList<string> Prepare(string folder, int listenPort, int backendPort, TlsSides tls, TestCertificates? certificates)
    {
        var configuration = ConfigurationTemplate.Write(
            template,
            folder,
            listenPort,
            backendPort,
            ("{CLIENT_TLS}", tls.HasFlag(TlsSides.Client) ? $" ssl crt {certificates!.CertificateAndKey}" : ""),
            ("{SERVER_TLS}", tls.HasFlag(TlsSides.Server) ? $" ssl verify required ca-file {certificates!.Authority} verifyhost {TestCertificates.Name} sni str({TestCertificates.Name})" : ""));
        return [Programs.Find(Program)!, "-db", "-f", configuration];
    }
}
