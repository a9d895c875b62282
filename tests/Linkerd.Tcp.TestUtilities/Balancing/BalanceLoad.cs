using System.Globalization;

namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <summary>What arrives: sessions as a Poisson process, each of which holds its connection for the same time.</summary>
/// <param name="SessionsPerSecond">The mean rate.</param>
/// <param name="Holding">From connected to closed.</param>
public sealed record BalanceLoad(int SessionsPerSecond, TimeSpan Holding)
{
    /// <summary>1,000 sessions/s, held for 1 s.</summary>
    public static BalanceLoad Busy { get; } = new(1000, TimeSpan.FromSeconds(1));

    /// <summary>1,000 sessions/s, held for 30 s.</summary>
    public static BalanceLoad BusyAndLong { get; } = new(1000, TimeSpan.FromSeconds(30));

    /// <summary>100 sessions/s, held for 1 s.</summary>
    public static BalanceLoad Quiet { get; } = new(100, TimeSpan.FromSeconds(1));

    /// <summary>100 sessions/s, held for 30 s.</summary>
    public static BalanceLoad QuietAndLong { get; } = new(100, TimeSpan.FromSeconds(30));

    public static IReadOnlyList<BalanceLoad> All { get; } = [Busy, BusyAndLong, Quiet, QuietAndLong];

    public bool IsBusy => SessionsPerSecond >= 1000;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{SessionsPerSecond:#,0}/s, {Holding.TotalSeconds:0.#} s");
}
