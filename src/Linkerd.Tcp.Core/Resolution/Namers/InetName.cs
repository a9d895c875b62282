using System.Globalization;
using System.Net;

namespace Linkerd.Tcp;

/// <summary>The parts of a name <c>/$/inet/&lt;host&gt;/&lt;port&gt;</c> or <c>/$/inet/&lt;port&gt;</c>.</summary>
/// <param name="Id">The name without its residual.</param>
/// <param name="Host">The host as it was written.</param>
/// <param name="Address">Its address, where that needs no lookup.</param>
/// <param name="Port">1 to 65535.</param>
internal sealed record InetName(DstPath Id, string Host, IPAddress? Address, int Port)
{
    public static DstPath Prefix { get; } = DstPath.Parse("/$/inet");

    /// <exception cref="NameBindingException">The name can never bind.</exception>
    public static InetName Parse(DstPath name)
    {
        // Finagle's rule: a host and a port where the second label is a number, else a port alone; what follows is the residual.
        if (name.Count > 3 && IsNumber(name[3]))
        {
            return new(name.Take(4), name[2], TakeAddress(name), TakePort(name, 3));
        }

        if (name.Count > 2 && IsNumber(name[2]))
        {
            return new(name.Take(3), "localhost", IPAddress.Loopback, TakePort(name, 2));
        }

        throw new NameBindingException(name, name.Count switch
        {
            2 => "'/<host>/<port>' or '/<port>' was expected after '/$/inet'",
            3 => $"a port from 1 to 65535 was expected after '{name[2]}'",
            _ => $"a port from 1 to 65535 was expected where '{name[3]}' stands",
        });
    }

    private static bool IsNumber(string label) => label.All(char.IsAsciiDigit);

    private static int TakePort(DstPath name, int index) =>
        ushort.TryParse(name[index], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0 ? port
            : throw new NameBindingException(name, $"a port from 1 to 65535 was expected where '{name[index]}' stands");

    private static IPAddress? TakeAddress(DstPath name)
    {
        var host = name[2];
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback
            : IPAddress.TryParse(host, out var address) ? address
            : host.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') ? null
            : throw new NameBindingException(name, $"a host name or an IP address was expected where '{host}' stands");
    }
}
