namespace Linkerd.Tcp.Cli;

/// <summary>The names of the balancing algorithms.</summary>
internal static class BalancerText
{
    private static readonly (string Name, BalancerKind Kind)[] Kinds =
    [
        ("p2c", BalancerKind.P2c),
        ("peakEwma", BalancerKind.PeakEwma),
        ("leastConnections", BalancerKind.LeastConnections),
        ("roundRobin", BalancerKind.RoundRobin),
        ("random", BalancerKind.Random),
        ("maglev", BalancerKind.Maglev),
    ];

    /// <summary>Reads a name, in any case.</summary>
    /// <exception cref="InvalidValueException">There is none like it.</exception>
    public static BalancerKind Parse(string text)
    {
        var found = Array.FindIndex(Kinds, kind => kind.Name.Equals(text, StringComparison.OrdinalIgnoreCase));
        return found >= 0 ? Kinds[found].Kind : throw new InvalidValueException($"expected one of {string.Join(", ", Kinds.Select(kind => kind.Name))}");
    }
}
