using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd;
using Linkerd.Tcp.Namerd.Mesh;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Cli.Naming;

/// <summary>The kinds of interpreters that use namerd.</summary>
internal static class NamerdKinds
{
    public const string HttpName = "io.l5d.namerd.http";
    public const string MeshName = "io.l5d.mesh";

    public static InterpreterKind Http { get; } = new InterpreterKind<NamerdConfiguration>(
        HttpName, "namerd over its HTTP interface (io.l5d.httpController)", NamerdRows.All, static () => new NamerdConfiguration(), Create, Validate);

    public static InterpreterKind Mesh { get; } = new InterpreterKind<NamerdConfiguration>(
        MeshName,
        "namerd over its gRPC interface (io.l5d.mesh)",
        NamerdRows.All,
        static () => new NamerdConfiguration { IsMesh = true, BaseAddresses = new Namerd.Mesh.MeshOptions().Addresses },
        Create,
        Validate);

    /// <summary>Gets the table of options of the executable, with these kinds, and the namers of DNS.</summary>
    public static ConfigurationTable Table { get; } = new(new InterpreterKinds([DnsKinds.Hosts, DnsKinds.Services], Http, Mesh));

    private static void Validate(NamerdConfiguration configuration, OptionsValidator validator)
    {
        validator.Expect(
            configuration.BaseAddresses.All(address => NamerdText.IsMesh(address) == configuration.IsMesh),
            string.Join(',', configuration.BaseAddresses),
            configuration.IsMesh ? "mesh:// or meshs://" : "http:// or https://",
            "baseUrl");
        validator.Expect(configuration is { IsMesh: false } or { Mode: NamerdMode.Bind }, configuration.Mode, "bind, as the mesh interface is always watched,", "mode");
        NamerdTlsFiles.Load(configuration, (key, message) => validator.Add(message.TrimStart(), key), static key => key);
    }

    /// <summary>The options of the resolver over the HTTP interface.</summary>
    internal static NamerdOptions HttpOptions(NamerdConfiguration configuration, NamingContext context) => new()
    {
        BaseAddresses = configuration.BaseAddresses,
        Namespace = configuration.Namespace,
        Dtab = DtabOf(configuration, context),
        Interval = configuration.Period,
        Mode = configuration.Mode,
        MaxStreamAge = configuration.MaxAge,
        Tls = NamerdTlsFiles.Load(configuration),
        LoggerFactory = context.LoggerFactory,
        TimeProvider = context.TimeProvider,
    };

    /// <summary>The options of the resolver over the mesh interface.</summary>
    internal static MeshOptions MeshOptions(NamerdConfiguration configuration, NamingContext context) => new()
    {
        Addresses = configuration.BaseAddresses,
        Namespace = configuration.Namespace,
        Dtab = DtabOf(configuration, context),
        Interval = configuration.Period,
        MaxStreamAge = configuration.MaxAge,
        Tls = NamerdTlsFiles.Load(configuration),
        LoggerFactory = context.LoggerFactory,
        TimeProvider = context.TimeProvider,
    };

    private static NamingServices Create(NamerdConfiguration configuration, NamingContext context)
    {
        var scope = $"namerd {configuration.Namespace} {configuration.Dtab ?? Dtab.Empty}";
        if (configuration.IsMesh)
        {
            var mesh = new MeshResolver(MeshOptions(configuration, context));
            return new NamingServices(mesh) { Interpreter = mesh, Delegator = new MeshDelegator(mesh), Servers = () => mesh.Servers, Scope = scope, ReloadCertificates = HasFiles(configuration) ? mesh.ReloadCertificatesAsync : null };
        }

        var http = new NamerdResolver(HttpOptions(configuration, context));
        return new NamingServices(http) { Interpreter = http, Delegator = new NamerdDelegator(http), Servers = () => http.Servers, Scope = scope, ReloadCertificates = HasFiles(configuration) ? http.ReloadCertificatesAsync : null };
    }

    private static bool HasFiles(NamerdConfiguration configuration) => configuration is { Cert: not null } or { TrustCerts: not null };

    private static Dtab DtabOf(NamerdConfiguration configuration, NamingContext context) => NamedTarget.Append(configuration.Dtab ?? Dtab.Empty, context.Targets);
}
