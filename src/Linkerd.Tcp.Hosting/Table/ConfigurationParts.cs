using Linkerd.Tcp.Hosting.Options;

namespace Linkerd.Tcp.Hosting.Table;

/// <summary>The shapes of all parts of the model.</summary>
internal static class ConfigurationParts
{
    /// <summary>Creates the shape of the whole configuration.</summary>
    public static ConfigurationPart Of(ConfigurationTable table)
    {
        var identity = new ConfigurationPart("Identities", table.Of(typeof(IdentityConfiguration)), [])
        {
            Help = "A certificate and its key. The names in the certificate select it, by the server name of the client; the names of the mapping have no effect. On the command line the first --tls-cert is the default identity",
        };
        var admin = new ConfigurationPart(
            "Admin server",
            table.Of(typeof(AdminConfiguration)),
            [One<AdminConfiguration, IdentityConfiguration>("tls", identity, static admin => admin.Tls, static (admin, tls) => admin.Tls = tls)])
        {
            Help = "The process has an admin server if it has this part",
        };
        var accessLog = new ConfigurationPart("Access log", table.Of(typeof(AccessLogConfiguration)), []);
        return new("Process", table.Of(typeof(ProxyConfiguration)),
        [
            List<ProxyConfiguration, RouterConfiguration>("routers", Router(table, identity), static proxy => proxy.Routers, static (proxy, routers) => proxy.Routers = routers, isRequired: true),
            One<ProxyConfiguration, AdminConfiguration>("admin", admin, static proxy => proxy.Admin, static (proxy, admin) => proxy.Admin = admin),
            One<ProxyConfiguration, AccessLogConfiguration>("accessLog", accessLog, static proxy => proxy.AccessLog, static (proxy, log) => proxy.AccessLog = log),
        ]);
    }

    /// <summary>Creates the shape of a destination without a listener.</summary>
    public static ConfigurationPart Destination(ConfigurationTable table) => new("Destination", TargetOptions.All,
    [
        Interpreter<DestinationConfiguration>(table, static destination => destination.Interpreter, static (destination, interpreter) => destination.Interpreter = interpreter),
        Client<DestinationConfiguration>(table, static destination => destination.Client, static (destination, client) => destination.Client = client),
    ]);

    private static ConfigurationPart Router(ConfigurationTable table, ConfigurationPart identity) => new("Routers", table.Of(typeof(RouterConfiguration)),
    [
        Interpreter<RouterConfiguration>(table, static router => router.Interpreter, static (router, interpreter) => router.Interpreter = interpreter),
        List<RouterConfiguration, ServerConfiguration>("servers", Server(table, identity), static router => router.Servers, static (router, servers) => router.Servers = servers, isRequired: true),
        Client<RouterConfiguration>(table, static router => router.Client, static (router, client) => router.Client = client),
    ]);

    private static ConfigurationChild<TParent> Interpreter<TParent>(ConfigurationTable table, Func<TParent, InterpreterConfiguration> get, Action<TParent, InterpreterConfiguration> set)
        where TParent : class
    {
        var shapes = table.Interpreters.All.Select(static kind => (Kind: kind, Shape: Interpreter(kind))).ToList();
        return new(
            "interpreter",
            ConfigurationForm.One,
            [.. shapes.Select(static one => one.Shape)],
            parent => [new(shapes.Single(one => one.Kind.Name == get(parent).Kind).Shape, get(parent))],
            (parent, shape, _) =>
            {
                var interpreter = table.Interpreters.Get(shape.Kind!).NewConfiguration();
                set(parent, interpreter);
                return interpreter;
            });
    }

    private static ConfigurationPart Interpreter(InterpreterKind kind)
    {
        var model = kind.NewConfiguration().GetType();
        var files = new ConfigurationPart("Namers", kind.Options.Where(static option => option.ModelType == typeof(FileNamerConfiguration)), []) { Kind = "io.l5d.fs", Help = "Names in the files of a directory, under /#/io.l5d.fs" };
        return new(kind.Name, kind.Options.Where(option => option.ModelType == model), model != typeof(LocalInterpreterConfiguration) ? [] :
        [
            List<LocalInterpreterConfiguration, FileNamerConfiguration>("namers", files, static local => local.Namers, static (local, namers) => local.Namers = namers),
        ])
        {
            Kind = kind.Name,
            Help = kind.Help,
        };
    }

    private static ConfigurationPart Server(ConfigurationTable table, ConfigurationPart identity) => new("Servers", table.Of(typeof(ServerConfiguration)),
    [
        One<ServerConfiguration, ServerTlsConfiguration>("tls", Tls(table, identity), static server => server.Tls, static (server, tls) => server.Tls = tls),
        List<ServerConfiguration, SniRouteConfiguration>("sniRoutes", new("Routes by server name", table.Of(typeof(SniRouteConfiguration)), []), static server => server.SniRoutes, static (server, routes) => server.SniRoutes = routes),
    ]);

    private static ConfigurationPart Tls(ConfigurationTable table, ConfigurationPart identity)
    {
        return new("TLS with clients", table.Of(typeof(ServerTlsConfiguration)),
        [
            One<ServerTlsConfiguration, IdentityConfiguration>("defaultIdentity", identity, static tls => tls.DefaultIdentity, static (tls, one) => tls.DefaultIdentity = one, isRequired: true),
            new ConfigurationChild<ServerTlsConfiguration>(
                "identities",
                ConfigurationForm.Map,
                [identity],
                tls => tls.Identities.Select(one => new ConfigurationEntry(identity, one.Value, one.Key)),
                static (tls, _, name) =>
                {
                    var added = new IdentityConfiguration();
                    var identities = tls.Identities as Dictionary<string, IdentityConfiguration> ?? new(tls.Identities);
                    identities[name] = added;
                    tls.Identities = identities;
                    return added;
                }),
        ])
        {
            Help = "A server has TLS if it has this part",
        };
    }

    // The settings of all names have the keys of the client itself, whichever kind it is.
    private static ConfigurationChild<TParent> Client<TParent>(ConfigurationTable table, Func<TParent, ClientConfiguration> get, Action<TParent, ClientConfiguration> set)
        where TParent : class
    {
        var options = table.Of(typeof(ClientSettings)).ToList();
        var settings = new ConfigurationPart("Settings of a prefix", options, [])
        {
            IsOverride = true,
            Help = "Settings of the connections to the endpoints of names that begin with the prefix. For each name, all settings with a matching prefix are merged in order; later ones override earlier ones, and all override those of the client itself",
        };
        var forAll = options.Where(static option => option.Key != "prefix").ToList();
        var global = new ConfigurationPart("Clients", forAll, [], SettingsOf) { Kind = "io.l5d.global", Help = "Settings of the connections to the endpoints of all names" };
        var byPrefix = new ConfigurationPart(
            "Clients by prefix",
            forAll,
            [List<ClientConfiguration, ClientSettings>("configs", settings, static client => client.Configs, static (client, configs) => client.Configs = configs)],
            SettingsOf)
        {
            Kind = "io.l5d.static",
            Help = "Settings of the connections to the endpoints of all names, and of those of a prefix",
        };
        return new(
            "client",
            ConfigurationForm.One,
            [global, byPrefix],
            parent => [new(get(parent).Configs.Count == 0 ? global : byPrefix, get(parent))],
            (parent, _, _) =>
            {
                var client = new ClientConfiguration();
                set(parent, client);
                return client;
            })
        {
            DefaultKind = global.Kind,
        };

        static object SettingsOf(object client) => ((ClientConfiguration)client).Global;
    }

    private static ConfigurationChild<TParent> One<TParent, T>(string key, ConfigurationPart shape, Func<TParent, T?> get, Action<TParent, T> set, bool isRequired = false)
        where TParent : class
        where T : class, new() =>
        new(
            key,
            ConfigurationForm.One,
            [shape],
            parent => get(parent) is { } part ? [new(shape, part)] : [],
            (parent, _, _) =>
            {
                var part = new T();
                set(parent, part);
                return part;
            })
        {
            IsRequired = isRequired,
        };

    private static ConfigurationChild<TParent> List<TParent, T>(string key, ConfigurationPart shape, Func<TParent, IReadOnlyList<T>> get, Action<TParent, IReadOnlyList<T>> set, bool isRequired = false)
        where TParent : class
        where T : class, new() =>
        new(
            key,
            ConfigurationForm.List,
            [shape],
            parent => get(parent).Select(part => new ConfigurationEntry(shape, part)),
            (parent, _, _) =>
            {
                var part = new T();
                var list = get(parent) as List<T> ?? [.. get(parent)];
                list.Add(part);
                set(parent, list);
                return part;
            })
        {
            IsRequired = isRequired,
        };
}
