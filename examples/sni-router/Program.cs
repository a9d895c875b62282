// A router by server name (SNI): the proxy reads the first message of TLS, and passes all bytes on. The servers keep their certificates and keys.
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Linkerd.Tcp;
using Linkerd.Tcp.Naming;

using var webCertificate = CreateCertificate("web.example.com");
using var apiCertificate = CreateCertificate("*.api.example.com");
var (web, api) = (Serve("web", webCertificate), Serve("api", apiCertificate));

// Each rule gives connections with a server name a name of the proxy. {1} in a name is the text of the first *.
var dtab = Dtab.Parse($"""
    /svc/web => /$/inet/127.0.0.1/{web.Port} ;
    /api/*   => /$/inet/127.0.0.1/{api.Port} ;
    """);
await using var registry = new DestinationRegistry(new LocalInterpreter(new LocalInterpreterOptions { Dtab = dtab }));
var listener = new ListenerOptions(new IPEndPoint(IPAddress.Loopback, 0), destination: null)
{
    ServerNameRules = [new("web.example.com", "/svc/web"), new("*.api.example.com", "/api/{1}")],
};
await using var proxy = new TcpProxy(new TcpProxyOptions { Listeners = [listener] }, registry);
await proxy.StartAsync();

string[] answers =
[
    await AskAsync("web.example.com"),
    await AskAsync("users.api.example.com"),
    await AskAsync("orders.api.example.com"),
    await AskAsync("www.example.org"),
];
Console.WriteLine($"names in use: {string.Join(", ", registry.Destinations.Select(destination => destination.Name.ToString()).Order())}");
return answers is ["web", "api", "api", "refused"] ? 0 : 1;

// A client that verifies the certificate of the server, through the proxy.
async Task<string> AskAsync(string host)
{
    using var client = new TcpClient();
    await client.ConnectAsync((IPEndPoint)proxy.LocalEndPoints[0]);
    await using var stream = new SslStream(client.GetStream());
    try
    {
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = host,
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { webCertificate, apiCertificate },
                RevocationMode = X509RevocationMode.NoCheck,
            },
        });
    }
    catch (AuthenticationException)
    {
        // The proxy sends the alert unrecognized_name.
        Console.WriteLine($"{host,-24} refused");
        return "refused";
    }

    using var reader = new StreamReader(stream);
    var answer = await reader.ReadToEndAsync();
    Console.WriteLine($"{host,-24} {answer}, with the certificate {stream.RemoteCertificate!.Subject}");
    return answer;
}

static X509Certificate2 CreateCertificate(string host)
{
    using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
    var names = new SubjectAlternativeNameBuilder();
    names.AddDnsName(host);
    request.CertificateExtensions.Add(names.Build());
    using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
}

// A server with TLS that says its name to each client.
static IPEndPoint Serve(string name, X509Certificate2 certificate)
{
    var listener = new TcpListener(IPAddress.Loopback, 0);
    listener.Start();
    _ = AcceptAsync();
    return (IPEndPoint)listener.LocalEndpoint;

    async Task AcceptAsync()
    {
        while (true)
        {
            using var client = await listener.AcceptTcpClientAsync();
            await using var stream = new SslStream(client.GetStream());
            await stream.AuthenticateAsServerAsync(certificate);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(name));
        }
    }
}
