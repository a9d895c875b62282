namespace Linkerd.Tcp.TestUtilities.Simulation;

/// <summary>A simulated run cannot go on: nothing is left to happen, a budget is used up, or the transport was misused.</summary>
public sealed class SimulationException : Exception
{
    public SimulationException()
    {
    }

    public SimulationException(string message)
        : base(message)
    {
    }

    public SimulationException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
