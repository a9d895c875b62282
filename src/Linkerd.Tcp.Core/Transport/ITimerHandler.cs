namespace Linkerd.Tcp.Transport;

/// <summary>Handles the expiry of a <see cref="TransportTimer"/>.</summary>
public interface ITimerHandler
{
    /// <summary>Called when the timer is due, on the connection's executor; must not block. An exception that it throws is logged (5011) and resets the connection.</summary>
    void OnTimer();
}
