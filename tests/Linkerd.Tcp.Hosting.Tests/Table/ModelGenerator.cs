using System.Globalization;
using System.Net;
using System.Reflection;
using Linkerd.Tcp.Hosting.Values;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Sessions;

namespace Linkerd.Tcp.Hosting.Tests;

/// <summary>Generates parts of the model of which every value is valid, and compares them.</summary>
internal sealed class ModelGenerator(ConfigurationTable table, int seed)
{
    private static readonly string[] Trees = ["/svc/web", "/svc/a | /svc/b", "9 * /svc/a & 1 * (/svc/b | !)", "$", "~", "/$/inet/10.0.0.1/80", "0.25 * /a & 0.75 * /b#c"];
    private static readonly string[] Dtabs = ["", "/svc => /a", "/svc => /a ; /svc/b => 1 * /c & 2 * /d", "/a/* => ! | ~ | $"];
    private static readonly string[] Addresses = ["127.0.0.1", "10.1.2.3", "::1", "fd00::1", "0.0.0.0", "::"];

    private static readonly string[] Networks = ["10.0.0.0/8", "192.0.2.1/32", "0.0.0.0/0", "2001:db8::/32", "::/0", "::ffff:10.0.0.0/104"];

    private readonly Random _random = new(seed);

    /// <summary>Texts that a file must quote, or that are easily read as something else.</summary>
    public static string[] Names { get; } =
    [
        "web", "a b", "Ünïcode", "1", "010", "1.5", "yes", "null", "~", "a: b # c", "#", "- a", "[a]", "{a}", "*a", "&a", "!a", "%a", "@a", "`a", "|", ">", "?", " a ", "'", "\"\\\"", "\\n", "${HOME}", "$${x}", "$$${x:-y}", "$",
        "a\tb\nc\r\n", "\u0001\u007f\u0085\u00a0\u200b\u202e\u2028\ufeff\ufffe", "\U0001F600\U0010FFFF", "2001-01-01", "0x1f", "=", "<<",
    ];

    /// <summary>The parts of the model that the table has options for.</summary>
    public static IReadOnlyList<Type> Types(ConfigurationTable table) => [.. table.Options.Select(static option => option.ModelType).Distinct()];

    public object Make(Type type)
    {
        var model = Activator.CreateInstance(type)!;
        foreach (var property in Properties(type))
        {
            for (var tries = 0; ; tries++)
            {
                Assert.True(tries < 1000, $"no valid value of {type.Name}.{property.Name} was found");
                property.SetValue(model, ValueOf(property));
                var validator = new OptionsValidator();
                table.Validate(model, validator);
                if (IsValid(validator))
                {
                    break;
                }
            }
        }

        return model;
    }

    /// <summary>The properties that options write; lists of parts and nested parts have options of their own.</summary>
    public static IEnumerable<PropertyInfo> Properties(Type type) => type.GetProperties().Where(static property => property.SetMethod is { IsPublic: true }
        && property.PropertyType != typeof(ClientConfiguration) && property.PropertyType != typeof(InterpreterConfiguration)
        && property.PropertyType != typeof(IdentityConfiguration) && property.PropertyType != typeof(AdminConfiguration) && property.PropertyType != typeof(ServerTlsConfiguration) && property.PropertyType != typeof(AccessLogConfiguration)
        && property.Name is not (nameof(ProxyConfiguration.Routers) or nameof(RouterConfiguration.Servers) or nameof(LocalInterpreterConfiguration.Namers)
            or nameof(ServerConfiguration.SniRoutes) or nameof(ServerTlsConfiguration.Identities)));

    public static string Print(object? value) => value switch
    {
        null => "nothing",
        ReadOnlyMemory<byte> bytes => Convert.ToHexString(bytes.Span),
        string text => text,
        MetricsConfiguration metrics => Print(metrics.MaxEndpoints),
        System.Collections.IEnumerable list => string.Join(',', list.Cast<object>()),
        TimeSpan time => time.Ticks.ToString(CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static bool IsValid(OptionsValidator validator)
    {
        try
        {
            validator.ThrowIfInvalid(null);
            return true;
        }
        catch (InvalidOptionsException)
        {
            return false;
        }
    }

    private object? ValueOf(PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (type != property.PropertyType && _random.Next(4) == 0)
        {
            return null;
        }

        return type == typeof(MetricsConfiguration) ? new MetricsConfiguration { MaxEndpoints = Number() }
            : type == typeof(int) ? Number()
            : type == typeof(bool) ? _random.Next(2) == 0
            : type == typeof(double) ? _random.NextDouble() * Math.Pow(10, _random.Next(-3, 9))
            : type == typeof(TimeSpan) ? Time()
            : type == typeof(string) ? property.Name.EndsWith("Dir", StringComparison.Ordinal) || property.Name.EndsWith("Directory", StringComparison.Ordinal) ? Path.GetTempPath().TrimEnd('/')
                : property.Name == nameof(SniRouteConfiguration.Pattern) ? Pick("*.example.com", "*.*.example.com,alpn=h2", "www.*.example")
                : property.Name == nameof(ClientSettings.TlsDnsName) ? Pick("", "web.example.com", "{2}.{1}.example.com", "{sni}", "10.0.0.1")
                : property.Name is nameof(AdminConfiguration.Socket) or nameof(AdminConfiguration.TokenFile) ? Pick(null, "/run/admin.sock", "token")
                : property.Name.StartsWith("Tls", StringComparison.Ordinal) ? Pick("", "web.pem", "/etc/a b.pem", "${HOME}/a.pem")
                : Pick(Names)
            : type == typeof(SniRouteTarget) ? SniRouteText.ParseTarget(Pick("/svc/web", "/svc/a | /svc/b", "web:80", "/svc/{1}"))
            : type == typeof(IReadOnlyList<Uri>) ? (Uri[])[.. Some("http://namerd:4180", "https://10.0.0.1:1234", "http://[::1]:4180").Distinct().DefaultIfEmpty("http://a:4180").Select(static address => new Uri(address))]
            : type == typeof(IReadOnlyList<string>) ? Texts(property.Name)
            : type == typeof(DstPath) ? DstPath.Parse(Pick("/", "/svc", "/svc/web", "/#/io.l5d.fs/a"))
            : type == typeof(NameTree) ? NameTree.Parse(Pick(Trees))
            : type == typeof(Dtab) ? _random.Next(3) == 0 ? null : Dtab.Parse(Pick(Dtabs))
            : type == typeof(IPAddress) ? IPAddress.Parse(Pick(Addresses))
            : type == typeof(ReadOnlyMemory<byte>) ? Bytes()
            : type == typeof(ClientNetworks) ? _random.Next(3) == 0 ? null : new ClientNetworks(Enumerable.Range(0, _random.Next(1, 4)).Select(_ => IPNetwork.Parse(Pick(Networks))))
            : type == typeof(IReadOnlyList<IPAddress>) ? _random.Next(3) == 0 ? null : (IPAddress[])[.. Enumerable.Range(0, _random.Next(4)).Select(_ => IPAddress.Parse(Pick(Addresses)))]
            : type == typeof(IReadOnlyList<IPEndPoint>) ? (IPEndPoint[])[.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => new IPEndPoint(IPAddress.Parse(Pick(Addresses)), _random.Next(1, 65536)))]
            : type.IsEnum ? Enum.GetValuesAsUnderlyingType(type) is var values ? Enum.ToObject(type, values.GetValue(_random.Next(values.Length))!) : null
            : throw new InvalidOperationException($"no values of {property.PropertyType} are known");
    }

    private string[] Texts(string name) => name switch
    {
        nameof(IdentityConfiguration.Certs) => [Pick("web.pem", "/etc/a b.pem")],
        nameof(ServerTlsConfiguration.ClientNames) or nameof(ClientSettings.TlsNames) => Some("web.example.com", "*.example.com", "10.0.0.1", "::1", "spiffe://example.org/*", "https://example.org/web"),
        nameof(ServerTlsConfiguration.AlpnProtocols) => Some("h2", "http/1.1", "postgresql"),
        nameof(ClientSettings.TlsAlpnProtocols) => Pick(Some("h2", "http/1.1", "postgresql"), ["{alpn}"]),
        nameof(ServerTlsConfiguration.Groups) or nameof(ClientSettings.TlsGroups) => Some("X25519MLKEM768", "X25519", "P-256"),
        nameof(ServerTlsConfiguration.SignatureAlgorithms) or nameof(ClientSettings.TlsSignatureAlgorithms) => Some("ecdsa_secp256r1_sha256", "ECDSA+SHA256", "ed25519"),
        nameof(ServerTlsConfiguration.CipherSuites) or nameof(ClientSettings.TlsCipherSuites) => Some("TLS_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"),
        nameof(AdminConfiguration.Hosts) => Some("web.example.com", "localhost", "10.0.0.1", "fd00::1"),
        _ => Some("ca.pem", "/etc/a b.pem"),
    };

    private string[] Some(params string[] values) => [.. Enumerable.Range(0, _random.Next(4)).Select(_ => Pick(values))];

    private int Number() => _random.Next(4) switch
    {
        0 => _random.Next(3),
        1 => _random.Next(1, 65) * 1024,
        _ => (int)Math.Pow(10, _random.NextDouble() * 9),
    };

    private TimeSpan Time() => _random.Next(5) switch
    {
        0 => Timeout.InfiniteTimeSpan,
        1 => TimeSpan.Zero,
        2 => TimeSpan.FromSeconds(_random.Next(1, 100_000)),
        _ => TimeSpan.FromMilliseconds((long)Math.Pow(10, _random.NextDouble() * 9)),
    };

    private ReadOnlyMemory<byte> Bytes()
    {
        var bytes = new byte[_random.Next(12)];
        _random.NextBytes(bytes);
        return Pick(bytes, "off"u8.ToArray(), "off\r\n\t\\x"u8.ToArray(), "PING\r\n"u8.ToArray());
    }

    private T Pick<T>(params T[] values) => values[_random.Next(values.Length)];
}
