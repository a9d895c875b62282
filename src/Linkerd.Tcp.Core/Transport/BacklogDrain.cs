using System.Net;

namespace Linkerd.Tcp.Transport;

/// <summary>
/// How long a listener that stops still takes connections: those in its backlog, and those whose handshake is under way. Closing a listening socket resets
/// both (inet_csk_listen_stop in Linux's inet_connection_sock.c), although their clients have connected.
/// </summary>
/// <param name="options">The listener's options.</param>
/// <param name="address">Where it listens.</param>
/// <param name="isClosed">Whether nobody new can get into the backlog.</param>
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

    /// <summary>What to do after a look at the backlog.</summary>
    /// <param name="mayHoldMore">Whether the look ended before the backlog was empty.</param>
    /// <param name="pause">How long to wait before the next look.</param>
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
            // A machine that is short of processor time does not lose those who are there.
            return elapsed < (isClosed ? MaxTaking : Longest);
        }

        var end = _lastAt + _quiet;
        var left = (end < Longest ? end : Longest) - elapsed;
        pause = left < MaxPause ? left : MaxPause;
        return left > TimeSpan.Zero;
    }

    /// <summary>A connection was taken.</summary>
    public void Take()
    {
        _taken++;
        _lastAt = Elapsed;
    }

    /// <summary>Nobody can be taken at the moment, as a limit is reached; somebody may be there.</summary>
    public void Hold() => _lastAt = Elapsed;

    /// <summary>Nobody is there, and nobody can come any more.</summary>
    public void Finish() => _taken = int.MaxValue;
}
