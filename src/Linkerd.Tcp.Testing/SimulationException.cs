namespace Linkerd.Tcp.Testing;

/// <summary>The exception that is thrown if a simulation fails: nothing is left to run, a limit is reached, a connection is misused, or the test throws, which is then the inner exception.</summary>
public sealed class SimulationException : Exception
{
    internal SimulationException(string message, Exception? innerException = null, int seed = 0)
        : base(message, innerException) => Seed = seed;

    /// <summary>Gets the seed of the run: with the same one in <see cref="SimulationOptions.Seed"/>, the simulation fails again in the same way.</summary>
    public int Seed { get; }
}
