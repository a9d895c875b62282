using System.Net;
using Linkerd.Tcp.Hosting.Values;

namespace Linkerd.Tcp.Hosting.Options;

/// <summary>The options of the admin server.</summary>
internal static class AdminOptions
{
    public static IReadOnlyList<ConfigurationOption> All { get; } =
    [
        new ConfigurationOption<AdminConfiguration, string?>(AdminAddressText.Type, AdminAddressText.Print, AdminAddressText.Write)
        {
            Argument = "admin",
            ValueName = "ADDR",
            Default = "no admin server",
            Help = "Serve probes, metrics, state and actions over HTTP on this address and port, or Unix-domain socket: unix:PATH",
            Details = "A port alone is one of 127.0.0.1. Other addresses than those of loopback need `admin.tls` in a configuration file.",
        },
        new ConfigurationOption<AdminConfiguration, IPAddress>(OptionTypes.IPAddress, static admin => admin.Ip, static (admin, address) => admin.Ip = address)
        {
            Key = "ip",
            Default = "127.0.0.1",
            Help = "The local address to listen on",
            Details = "Other addresses than those of loopback need `admin.tls`.",
        },
        new ConfigurationOption<AdminConfiguration, int>(OptionTypes.Count("port", 0, 65535), static admin => admin.Port, static (admin, port) => admin.Port = port)
        {
            Key = "port",
            Default = "9989",
            Help = "The port to listen on; 0 is any free port",
        },
        new ConfigurationOption<AdminConfiguration, string?>(AdminAddressText.SocketType, static admin => admin.Socket, static (admin, path) => admin.Socket = path)
        {
            Key = "socket",
            Default = "off",
            Help = "The path of a Unix-domain socket to listen on in place of `admin.ip` and `admin.port`",
            Details = "Its mode is 0600: only the user of the process, and root, may connect. It needs no token.",
        },
        new ConfigurationOption<AdminConfiguration, string?>(AdminAddressText.TokenFileType, static admin => admin.TokenFile, static (admin, file) => admin.TokenFile = file)
        {
            Key = "tokenFile",
            Argument = "admin-token-file",
            ValueName = "FILE",
            Default = "off",
            Help = "File with the bearer token of the admin server's actions: reload, log level, shutdown, abort",
            Details = "The token has 16 to 1024 visible characters, and is read again for each action. Without a token actions are refused, except on a Unix-domain socket or with `admin.openLoopback`.",
        },
        new ConfigurationOption<AdminConfiguration, bool>(OptionTypes.Flag, static admin => admin.OpenLoopback, static (admin, isOpen) => admin.OpenLoopback = isOpen)
        {
            Key = "openLoopback",
            Default = "false",
            Help = "Accept actions on a loopback address without a token, from every user of the machine",
        },
        new ConfigurationOption<AdminConfiguration, IReadOnlyList<string>?>(
            ListText.TypeOf("names", "host names and IP addresses, separated by commas", AdminAddressText.IsHost), static admin => admin.Hosts, static (admin, hosts) => admin.Hosts = hosts!)
        {
            Key = "hosts",
            Default = "off",
            Help = "Names and addresses that the Host of a request may have, besides those of loopback and of the address that it was sent to",
            Details = "Requests with another Host are refused, as a web page could send them by a DNS name of its own that stands for this machine (DNS rebinding).",
        },
        new ConfigurationOption<AdminConfiguration, TimeSpan?>(
            OptionTypes.Duration(DurationUnit.Seconds, allowZero: true).OrNothing(), static admin => admin.Grace, static (admin, grace) => admin.Grace = grace)
        {
            Key = "graceSecs",
            Default = "graceSecs of the process",
            Help = "Time for sessions to finish after `POST /shutdown`",
        },
        new ConfigurationOption<AdminConfiguration, bool>(OptionTypes.Flag, static admin => admin.ReadyWhenResolved, static (admin, isAsked) => admin.ReadyWhenResolved = isAsked)
        {
            Key = "readyWhenResolved",
            Default = "false",
            Help = "Be ready (`/ready`) only once each name of the servers was resolved",
            Details = "Names that were remembered from an earlier run (`stateDir`) count. A name that was resolved once stays so.",
        },
    ];
}
