namespace Linkerd.Tcp.Transport;

/// <summary>Represents an event loop of an engine at one moment, for introspection. Immutable.</summary>
public sealed class LoopSnapshot
{
    internal LoopSnapshot()
    {
    }

    /// <summary>Gets the number of the loop, from 0.</summary>
    public int Index { get; internal init; }

    /// <summary>Gets the number of connections of both sides that live on it.</summary>
    public int Connections { get; internal init; }

    /// <summary>Gets the time for which it has been working without looking for new events; zero if it waits for them.</summary>
    public TimeSpan Busy { get; internal init; }
}
