using System.Globalization;
using System.Net;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Naming.Namers;

/// <summary>The parts of a name <c>/$/inet/&lt;host&gt;/&lt;port&gt;</c> or <c>/$/inet/&lt;port&gt;</c>.</summary>
/// <param name="Id">The name without its residual.</param>
/// <param name="Host">The host in its original form.</param>
/// <param name="Address">Its address, if that needs no lookup; not if it has the name of an interface, which comes and goes.</param>
/// <param name="Port">1 to 65535.</param>
/// <param name="Problem">The reason why the leaf, which does bind, can never have an address; null if it can.</param>
internal sealed record InetName(DstPath Id, string Host, IPAddress? Address, int Port, NameBindingException? Problem)
{
    /// <summary>The host that is the loopback address without a lookup, in any case.</summary>
    public const string LocalHost = "localhost";

    public static DstPath Prefix { get; } = DstPath.Parse("/$/inet");

    /// <summary>Parses a name. Null, with the reason, if it does not bind, as in Finagle.</summary>
    public static InetName? TryParse(DstPath name, out NameBindingException? problem)
    {
        problem = null;

        // Finagle's rule: a host and a port if the second label is a number, otherwise a port alone; the labels that follow are the residual.
        if (name.Count > 3 && IsNumber(name[3]))
        {
            var host = name[2];
            var (port, wrongPort) = TakePort(name, 3);
            var (address, wrongHost) = TakeAddress(name, host);
            return new(name.Take(4), host, address, port, wrongPort ?? wrongHost);
        }

        if (name.Count > 2 && IsNumber(name[2]))
        {
            var (port, wrong) = TakePort(name, 2);
            return new(name.Take(3), LocalHost, IPAddress.Loopback, port, wrong);
        }

        problem = new NameBindingException(name, name.Count switch
        {
            2 => "'/<host>/<port>' or '/<port>' was expected after '/$/inet'",
            3 => $"a port from 1 to 65535 was expected after '{name[2]}'",
            _ => $"a port from 1 to 65535 was expected where '{name[3]}' stands",
        });
        return null;
    }

    private static bool IsNumber(string label) => label.All(char.IsAsciiDigit);

    private static (int Port, NameBindingException? Problem) TakePort(DstPath name, int index) =>
        ushort.TryParse(name[index], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0 ? (port, null)
            : (0, new NameBindingException(name, $"a port from 1 to 65535 was expected where '{name[index]}' stands"));

    private static (IPAddress? Address, NameBindingException? Problem) TakeAddress(DstPath name, string host) =>
        host.Equals(LocalHost, StringComparison.OrdinalIgnoreCase) ? (IPAddress.Loopback, null)
            : AddressLiteral.HasZoneName(AddressLiteral.WithoutBrackets(host)) ? (null, null)
            : AddressLiteral.Read(AddressLiteral.WithoutBrackets(host)) is { } address ? (address, null)
            : HostName.FindProblem(host) is { } problem ? (null, new NameBindingException(name, problem))
            : (null, null);
}
