using Linkerd.Tcp.Security.Hello;
using Xunit;

namespace Linkerd.Tcp.Tests.Security;

/// <summary>The first bytes of clients that others wrote, as a socket received them, and what a person reads in them.</summary>
internal static class RecordedHellos
{
    private const TlsVersions Both = TlsVersions.Tls12 | TlsVersions.Tls13;
    private const TlsVersions UpTo13 = Both | TlsVersions.Tls10 | TlsVersions.Tls11;

    /// <summary>All of them.</summary>
    public static TheoryData<string, string?, string, int, bool> All => new()
    {
        { "openssl-tls13-h2", "www.example.com", "h2,http/1.1", (int)TlsVersions.Tls13, false },
        { "openssl-tls12", "www.example.com", "", (int)TlsVersions.Tls12, false },
        { "openssl-tls12-no-name", null, "", (int)TlsVersions.Tls12, false },
        { "openssl-tls10", "www.example.com", "", (int)TlsVersions.Tls10, false },
        { "openssl-fragments", "www.example.com", string.Join(',', Enumerable.Range(0, 150).Select(i => $"p{i:000}")), (int)UpTo13, false },
        { "openssl-early-data", "www.example.com", "", (int)TlsVersions.Tls13, false },
        { "curl", "www.example.com", "h2,http/1.1", (int)UpTo13, false },
        { "wget-gnutls", "localhost", "", (int)UpTo13, false },
        { "git-gnutls", "localhost", "h2,http/1.1", (int)UpTo13, false },
        { "python", "xn--bcher-kva.example", "http/1.1", (int)Both, false },
        { "node", "www.example.com", "h2,http/1.1", (int)Both, false },
        { "java", "www.example.com", "h2", (int)Both, false },
        { "dotnet", "www.example.com", "h2,postgresql", (int)UpTo13, false },
        { "psql", "localhost", "", (int)Both, false },
        { "chrome-like", "www.example.com", "h2,http/1.1", (int)Both, true },
    };

    /// <summary>The bytes of each, by name.</summary>
    public static IEnumerable<(string Name, byte[] Bytes)> Bytes => All.Select(row => (row.Data.Item1, Read(row.Data.Item1)));

    /// <summary>The bytes of one.</summary>
    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Hellos", name));
}
