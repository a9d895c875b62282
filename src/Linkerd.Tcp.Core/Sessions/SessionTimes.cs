using Linkerd.Tcp.Routing;

namespace Linkerd.Tcp.Sessions;

/// <summary>The times before the copy in a record. Created only if there is an observer.</summary>
/// <param name="prelude">From accept to the end of the preludes.</param>
internal sealed class SessionTimes(TimeSpan prelude)
{
    public TimeSpan Prelude => prelude;

    public TimeSpan Establishing { get; private set; }

    public TimeSpan Connecting { get; private set; }

    public int Attempts { get; private set; }

    /// <summary>Called when establishing has ended.</summary>
    /// <param name="sinceStart">From accept to now.</param>
    /// <param name="establishment">Its end.</param>
    public void End(TimeSpan sinceStart, Establishment establishment)
    {
        Establishing = sinceStart - prelude;
        Connecting = establishment.LastAttempt;
        Attempts = establishment.Attempts;
    }
}
