using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd;
using Linkerd.Tcp.Namerd.Mesh;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Hosting.Namerd;

/// <summary>Provides the kinds of interpreters that use namerd, to be registered with <see cref="InterpreterKinds"/>.</summary>
public static class NamerdKinds
{
    /// <summary>The name of the kind of namerd's HTTP interface.</summary>
    public const string HttpName = "io.l5d.namerd.http";

    /// <summary>The name of the kind of namerd's gRPC interface.</summary>
    public const string MeshName = "io.l5d.mesh";

    /// <summary>Gets the kind of namerd's HTTP interface.</summary>
    public static InterpreterKind Http { get; } = new InterpreterKind<NamerdConfiguration>(
        HttpName, "namerd over its HTTP interface (io.l5d.httpController)", NamerdRows.All, static () => new NamerdConfiguration(), Create, Validate);

    /// <summary>Gets the kind of namerd's gRPC interface.</summary>
    public static InterpreterKind Mesh { get; } = new InterpreterKind<NamerdConfiguration>(
        MeshName,
        "namerd over its gRPC interface (io.l5d.mesh)",
        NamerdRows.All,
        static () => new NamerdConfiguration { IsMesh = true, BaseAddresses = new Linkerd.Tcp.Namerd.Mesh.MeshOptions().Addresses },
        Create,
        Validate);

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
