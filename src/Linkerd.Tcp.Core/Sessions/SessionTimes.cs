using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Handshakes;

namespace Linkerd.Tcp.Sessions;

/// <summary>The part of a record that is known before the copy: times, attempts, the TLS of the server connection. Created only if there is an observer.</summary>
/// <param name="prelude">From accept to the end of the preludes.</param>
internal sealed class SessionTimes(TimeSpan prelude)
{
    public TimeSpan Prelude => prelude;

    public TimeSpan Establishing { get; private set; }

    public TimeSpan Connecting { get; private set; }

    public TimeSpan Queued { get; private set; }

    public int Attempts { get; private set; }

    /// <summary>Null if the connection to the server has none.</summary>
    public TlsDetails? ServerTls { get; private set; }

    /// <summary>Called when establishing has ended.</summary>
    /// <param name="sinceStart">From accept to now.</param>
    /// <param name="establishment">Its end.</param>
    public void End(TimeSpan sinceStart, Establishment establishment)
    {
        Establishing = sinceStart - prelude;
        Connecting = establishment.LastAttempt;
        Queued = establishment.Waited;
        Attempts = establishment.Attempts;
        Replace(establishment.Connection);
    }

    /// <summary>Called when the server connection was replaced, before anything went over it.</summary>
    public void Replace(TransportConnection? server) => ServerTls = ITlsSession.Of(server)?.Details;
}
