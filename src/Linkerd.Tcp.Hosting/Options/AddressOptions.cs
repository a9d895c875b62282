using System.Net;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Hosting.Options;

/// <summary>The options of a server's address, and of the target of its sessions.</summary>
internal static class AddressOptions
{
    public static IReadOnlyList<ConfigurationOption> All { get; } =
    [
        new ConfigurationOption<ServerConfiguration, IPEndPoint>(
            OptionTypes.ListenAddress,
            static server => new IPEndPoint(server.Ip, server.Port ?? 0),
            static (server, address) => (server.Ip, server.Port) = (address.Address, address.Port))
        {
            Argument = "listen-addr",
            Letter = 'l',
            ValueName = "ADDR",
            IsRepeated = true,
            Default = "0.0.0.0:7575",
            Help = "Accept connections on the given local address and port",
            Details = "Can be given several times, and can be a port alone, which means all IPv4 addresses. Port 0 is any free port. `[::]` also accepts IPv4 clients, unless 0.0.0.0 with the same port is given too.",
        },
        new ConfigurationOption<ServerConfiguration, int?>(OptionTypes.Count("port", 0, 65535).OrNothing(), static server => server.Port, static (server, port) => server.Port = port)
        {
            Key = "port",
            Default = "required",
            Help = "The port to listen on; 0 is any free port",
        },
        new ConfigurationOption<ServerConfiguration, IPAddress>(OptionTypes.IPAddress, static server => server.Ip, static (server, address) => server.Ip = address)
        {
            Key = "ip",
            Default = "127.0.0.1",
            Help = "The local address to listen on; 0.0.0.0 or :: means all addresses of the machine",
        },
        new ConfigurationOption<ServerConfiguration, NameTree?>(OptionTypes.Target, static server => server.DstName, static (server, target) => server.DstName = target)
        {
            Key = "dstName",
            Default = "required without sniRoutes",
            Help = "The target of sessions: a name such as /svc/foo, an address such as web:80, or a tree of them",
            Details = "The argument <TARGET> of the command line. Addresses with commas are one set of equal endpoints; `9 * web:80 & 1 * canary:80` is a split, `/svc/foo | /svc/bar` a fallback. `web:80` is short for the name `/$/inet/web/80`.",
        },
    ];
}
