using System.Globalization;
using System.Net;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.Configuration;

/// <summary>The keys of the original's admin server, for a model without one. Its other keys are in <see cref="OriginalKeys"/>.</summary>
internal sealed class OriginalAdmin
{
    /// <summary>The key at the top of a file.</summary>
    public const string Key = "admin";

    /// <summary>The keys of the mapping.</summary>
    public static KeyTree Keys { get; } = new(
        [
            new ConfigurationOption<OriginalAdmin, IPAddress>(
                OptionTypes.Text("address", "an IP address", static text => IPAddress.TryParse(text, out var ip) ? ip : throw new InvalidValueException("expected an IP address"), static ip => ip.ToString()),
                static admin => admin.Ip,
                static (admin, ip) => admin.Ip = ip)
            {
                Key = "ip",
                Default = "127.0.0.1",
                Help = "The address of the admin server",
            },
            new ConfigurationOption<OriginalAdmin, int>(OptionTypes.Count("port", 0, ushort.MaxValue), static admin => admin.Port, static (admin, port) => admin.Port = port)
            {
                Key = "port",
                Default = 9989.ToString(CultureInfo.InvariantCulture),
                Help = "The port of the admin server",
            },
        ],
        []);

    public IPAddress Ip { get; set; } = IPAddress.Loopback;

    public int Port { get; set; } = 9989;
}
