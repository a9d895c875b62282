namespace Linkerd.Tcp.Testing;

/// <summary>Represents the options of a <see cref="Simulation"/>.</summary>
public sealed class SimulationOptions
{
    /// <summary>Gets or sets the seed of the first run, 0 or more: the source of everything random in it. Default: 0.</summary>
    public int Seed { get; set; }

    /// <summary>Gets or sets the number of runs, 1 or more, each with the next seed. Default: 1.</summary>
    public int Seeds { get; set; } = 1;

    /// <summary>Gets or sets the longest virtual time that a run may take. Default: 1 day.</summary>
    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Gets or sets the number of steps that a run may take, 1 or more: it ends code that loops without time passing. Default: 5,000,000.</summary>
    public long StepLimit { get; set; } = 5_000_000;
}
