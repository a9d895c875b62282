using Linkerd.Tcp.Testing;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <summary>The client's side of a session, as far as connecting knows of it: where it lives. It tells the attempts of one session from those of others.</summary>
internal sealed class BalanceClient(SimulatedScheduler scheduler) : TransportExecutor
{
    /// <summary>How often a server was connected to for this client.</summary>
    public int Attempts { get; set; }

    /// <summary>Those servers.</summary>
    public HashSet<int> Servers { get; } = [];

    /// <summary>Whether the last attempt was refused by an endpoint that was well, so that the next one costs no retry.</summary>
    public bool IsNextFree { get; set; }

    public override TimeProvider TimeProvider => scheduler.TimeProvider;

    public override bool IsCurrent => scheduler.IsCurrent;

    public override void Post(Action<object?> action, object? state) => scheduler.Post(action, state);
}
