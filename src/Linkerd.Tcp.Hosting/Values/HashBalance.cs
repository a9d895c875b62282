using System.Globalization;
using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Hosting.Values;

/// <summary>The load that an endpoint may have before clients that hash to it are sent elsewhere: <c>off</c>, or a percentage, and after a comma a floor.</summary>
/// <param name="Factor">In percent of its share; null for no limit.</param>
/// <param name="Floor">The number of connections below which it is never too much.</param>
internal readonly record struct HashBalance(int? Factor, int Floor)
{
    /// <summary>The floor if none is given.</summary>
    public static int DefaultFloor { get; } = new BalancerOptions().HashBalanceFloor;

    /// <summary>Reads it.</summary>
    /// <exception cref="InvalidValueException">It is not of this form, or out of range.</exception>
    public static HashBalance Parse(string text)
    {
        if (text == "off")
        {
            return new HashBalance(null, DefaultFloor);
        }

        var comma = text.IndexOf(',', StringComparison.Ordinal);
        var factor = NumberText.Parse(comma < 0 ? text : text[..comma], 101, 100_000, "percent, and after a comma of connections, or off; the percentage");
        return new HashBalance(factor, comma < 0 ? DefaultFloor : NumberText.Parse(text[(comma + 1)..], 0, 100_000_000, "connections after the comma"));
    }

    /// <summary>Prints it so that it reads back the same.</summary>
    public string Print() => Factor is { } factor ? string.Create(CultureInfo.InvariantCulture, $"{factor},{Floor}") : "off";
}
