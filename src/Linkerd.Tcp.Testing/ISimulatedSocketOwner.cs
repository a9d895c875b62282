namespace Linkerd.Tcp.Testing;

/// <summary>Who uses a simulated socket.</summary>
internal interface ISimulatedSocketOwner
{
    /// <summary>Something arrived, was acknowledged, or ended. Must only schedule, not run, what follows.</summary>
    void OnChanged();
}
