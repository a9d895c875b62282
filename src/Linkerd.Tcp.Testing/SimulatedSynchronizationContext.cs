namespace Linkerd.Tcp.Testing;

/// <summary>Brings what test code awaits back to the scheduler.</summary>
internal sealed class SimulatedSynchronizationContext(SimulatedScheduler scheduler) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) => scheduler.PostToContext(d.Invoke, state);

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("Waiting for the scheduler on another thread would stop it.");

    public override SynchronizationContext CreateCopy() => this;
}
