using Linkerd.Tcp.Routing;

namespace Linkerd.Tcp.Sessions;

/// <summary>What a record says of the time before the copy. Made only if there is an observer.</summary>
/// <param name="prelude">From accept to the end of the preludes.</param>
internal sealed class SessionTimes(TimeSpan prelude)
{
    public TimeSpan Prelude => prelude;

    public TimeSpan Establishing { get; private set; }

    public TimeSpan Connecting { get; private set; }

    public int Attempts { get; private set; }

    /// <summary>Establishing has ended.</summary>
    /// <param name="sinceStart">From accept to now.</param>
    /// <param name="establishment">How it ended.</param>
    public void End(TimeSpan sinceStart, Establishment establishment)
    {
        Establishing = sinceStart - prelude;
        Connecting = establishment.LastAttempt;
        Attempts = establishment.Attempts;
    }
}
