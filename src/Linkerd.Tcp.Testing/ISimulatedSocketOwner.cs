namespace Linkerd.Tcp.Testing;

/// <summary>Represents the user of a simulated socket.</summary>
internal interface ISimulatedSocketOwner
{
    /// <summary>Called when something has arrived, was acknowledged, or has ended. Only schedules the work that follows.</summary>
    void OnChanged();
}
