using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Testing;

/// <summary>The timer of a simulated connection. Never early; late by up to the slack, which is none unless a test asks for some.</summary>
internal sealed class SimulatedDeadline(SimulatedNetwork network, TransportConnection connection) : TransportTimer
{
    private ScheduledItem? _armed;
    private ITimerHandler? _handler;

    public override void Arm(TimeSpan dueTime, ITimerHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        if (dueTime < TimeSpan.Zero)
        {
            throw network.Scheduler.Misuse($"a timer was armed {dueTime} ahead.");
        }

        using var step = network.Scheduler.Hold();
        Disarm();
        _handler = handler;
        var late = network.TimerSlack * network.Random.NextDouble();
        Volatile.Write(ref _armed, network.Scheduler.Schedule(dueTime + late, static timer => ((SimulatedDeadline)timer!).Fire(), this));
    }

    public override void Disarm() => Interlocked.Exchange(ref _armed, null)?.Cancel();

    private void Fire()
    {
        _armed = null;
        try
        {
            _handler!.OnTimer();
        }
        catch (Exception) when (network.HandlersMayThrow)
        {
            connection.Abort();
        }
    }
}
