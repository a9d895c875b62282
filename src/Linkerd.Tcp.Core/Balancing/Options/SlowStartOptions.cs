using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Balancing;

/// <summary>
/// Represents the options of slow start. The effective weight of an endpoint is <c>weight * max(Floor, (t / Window)^(1 / Aggression))</c>, from when its breaker closed, or from when it joined
/// a set that was running already. If most of a set is new no endpoint starts slowly, as there would be none to take the rest.
/// </summary>
/// <remarks>The formula is Envoy's (slow_start_config).</remarks>
public sealed class SlowStartOptions
{
    /// <summary>Gets or sets the time to the full weight. Default: 10 s; <see cref="TimeSpan.Zero"/> turns it off.</summary>
    public TimeSpan Window { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets the aggression. 1, the default, is linear; more is faster in the beginning.</summary>
    public double Aggression { get; set; } = 1;

    /// <summary>Gets or sets the minimum share of the weight. Default: 0.1.</summary>
    public double Floor { get; set; } = 0.1;

    internal SlowStartOptions Copy() => (SlowStartOptions)MemberwiseClone();

    internal void Validate(OptionsValidator validator)
    {
        validator.TimerOrZero(Window);
        validator.Expect(double.IsFinite(Aggression) && Aggression > 0, Aggression, "a finite number, more than 0,");
        validator.Expect(Floor is > 0 and <= 1, Floor, "more than 0, up to 1,");
    }

    /// <summary>Gets the share of its weight that an endpoint has after a time.</summary>
    internal double Factor(TimeSpan elapsed)
    {
        if (elapsed >= Window)
        {
            return 1;
        }

        var share = elapsed / Window;
        return Math.Max(Floor, Aggression == 1 ? share : Math.Pow(Math.Max(share, 0), 1 / Aggression));
    }
}
