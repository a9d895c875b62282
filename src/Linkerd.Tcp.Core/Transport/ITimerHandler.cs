namespace Linkerd.Tcp.Transport;

/// <summary>Who is told when a <see cref="TransportTimer"/> is due.</summary>
public interface ITimerHandler
{
    /// <summary>The timer is due. Runs on the connection's executor; must not block. What it throws is logged (5011) and resets the connection.</summary>
    void OnTimer();
}
