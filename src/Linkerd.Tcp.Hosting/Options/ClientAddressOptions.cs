using Linkerd.Tcp.Sessions;

namespace Linkerd.Tcp.Hosting.Options;

/// <summary>The options of clients' addresses: how they are learned, which may connect, and which of their properties are sent to servers.</summary>
internal static class ClientAddressOptions
{
    private static readonly OptionType<bool?> Flag = OptionTypes.Flag.OrNothing();

    public static IReadOnlyList<ConfigurationOption> All { get; } =
    [
        new ConfigurationOption<ServerConfiguration, ClientNetworks?>(OptionTypes.Networks, static server => server.AcceptProxy, static (server, networks) => server.AcceptProxy = networks)
        {
            Key = "acceptProxy.trusted",
            Argument = "accept-proxy",
            ValueName = "CIDR[,...]",
            Default = "off",
            Help = "Networks of the proxies that must send a PROXY header, version 1 or 2; other peers are reset",
        },
        new ConfigurationOption<ServerConfiguration, bool>(
            OptionTypes.Choice(ignoreCase: false, ("refuse", false), ("plain", true)), static server => server.AcceptUntrusted, static (server, accepts) => server.AcceptUntrusted = accepts)
        {
            Key = "acceptProxy.untrusted",
            Default = "refuse",
            Help = "Treatment of peers outside acceptProxy.trusted: reset (refuse), or served as clients whose first bytes are not examined (plain)",
        },
        new ConfigurationOption<ClientSettings, SendProxyVersion?>(
            OptionTypes.Choice(ignoreCase: false, ("v1", SendProxyVersion.V1), ("v2", SendProxyVersion.V2), ("off", SendProxyVersion.Off)).OrNothing(),
            static client => client.SendProxy,
            static (client, version) => client.SendProxy = version)
        {
            Key = "sendProxy.version",
            Argument = "send-proxy",
            ValueName = "v1|v2",
            Default = "off",
            Help = "Begin server connections with a PROXY header that names the client; no connections are made ahead then",
        },
        new ConfigurationOption<ClientSettings, bool?>(Flag, static client => client.SendProxyAuthority, static (client, isSent) => client.SendProxyAuthority = isSent)
        {
            Key = "sendProxy.authority",
            Default = "true",
            Help = "Whether a header of version 2 has the server name that the client sent (0x02), if it is known",
        },
        new ConfigurationOption<ClientSettings, bool?>(Flag, static client => client.SendProxyAlpn, static (client, isSent) => client.SendProxyAlpn = isSent)
        {
            Key = "sendProxy.alpn",
            Default = "true",
            Help = "Whether a header of version 2 has the application protocol (0x01), if it is known",
        },
        new ConfigurationOption<ClientSettings, bool?>(Flag, static client => client.SendProxyUniqueId, static (client, isSent) => client.SendProxyUniqueId = isSent)
        {
            Key = "sendProxy.uniqueId",
            Default = "false",
            Help = "Whether a header of version 2 has a unique id (0x05): that of the header that was received, or else a new one",
        },
        new ConfigurationOption<ClientSettings, bool?>(Flag, static client => client.SendProxyChecksum, static (client, isSent) => client.SendProxyChecksum = isSent)
        {
            Key = "sendProxy.checksum",
            Default = "false",
            Help = "Whether a header of version 2 has a checksum (CRC32C, 0x03)",
        },
        new ConfigurationOption<ServerConfiguration, ClientNetworks?>(OptionTypes.Networks, static server => server.AllowClients, static (server, networks) => server.AllowClients = networks)
        {
            Key = "allowClients",
            Argument = "allow-client",
            ValueName = "CIDR[,...]",
            Default = "off",
            Help = "Networks of the clients that may connect; others are reset",
        },
        new ConfigurationOption<ServerConfiguration, ClientNetworks?>(OptionTypes.Networks, static server => server.DenyClients, static (server, networks) => server.DenyClients = networks)
        {
            Key = "denyClients",
            Argument = "deny-client",
            ValueName = "CIDR[,...]",
            Default = "off",
            Help = "Networks of clients that are reset, even if --allow-client has them",
        },
    ];
}
