using System.Net;

namespace Linkerd.Tcp.Transport;

/// <summary>
/// The time for which a listener that stops still takes connections: those in its backlog, and those whose handshake is under way. Closing a listening socket resets
/// both (inet_csk_listen_stop in Linux's inet_connection_sock.c), although their clients have connected.
/// </summary>
/// <param name="options">The listener's options.</param>
/// <param name="address">The address of the listener.</param>
/// <param name="isClosed">True if no new connection can get into the backlog.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class BacklogDrain(TransportListenOptions options, EndPoint address, bool isClosed, TimeProvider timeProvider)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan MaxTaking = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MaxPause = TimeSpan.FromMilliseconds(2);

    // A handshake over loopback is over at once, but for the moment in which another processor still has the ACK.
    private static readonly TimeSpan LocalHandshake = TimeSpan.FromMilliseconds(10);

    private readonly long _startedAt = timeProvider.GetTimestamp();
    private readonly TimeSpan _quiet = isClosed && address is IPEndPoint { Address: var ip } && !IPAddress.IsLoopback(ip) ? Longest : LocalHandshake;
    private int _taken;
    private TimeSpan _lastAt;

    private TimeSpan Elapsed => timeProvider.GetElapsedTime(_startedAt);

    /// <summary>Decides on the next step after a look at the backlog.</summary>
    /// <param name="mayHoldMore">True if the look ended before the backlog was empty.</param>
    /// <param name="pause">The time to wait before the next look.</param>
    /// <returns>False if it is over.</returns>
    public bool GoesOn(bool mayHoldMore, out TimeSpan pause)
    {
        pause = TimeSpan.Zero;
        if (_taken >= options.Backlog)
        {
            return false;
        }

        var elapsed = Elapsed;
        if (mayHoldMore)
        {
            // On a machine that is short of processor time, the clients that are waiting are not lost.
            return elapsed < (isClosed ? MaxTaking : Longest);
        }

        var end = _lastAt + _quiet;
        var left = (end < Longest ? end : Longest) - elapsed;
        pause = left < MaxPause ? left : MaxPause;
        return left > TimeSpan.Zero;
    }

    /// <summary>Notes that a connection was taken.</summary>
    public void Take()
    {
        _taken++;
        _lastAt = Elapsed;
    }

    /// <summary>Notes that no connection can be taken at the moment, as a limit is reached; some may be waiting.</summary>
    public void Hold() => _lastAt = Elapsed;

    /// <summary>Notes that no connection is waiting, and none can come any more.</summary>
    public void Finish() => _taken = int.MaxValue;
}
