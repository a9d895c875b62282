using System.Net;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Testing;

/// <summary>Represents an established connection as the network sees it: the place of faults between the two ends. Any thread.</summary>
public sealed class SimulatedLink
{
    // tcp_retries2 = 15 of Linux: how long unacknowledged data is sent again.
    private static readonly TimeSpan RetransmissionTimeout = TimeSpan.FromSeconds(924.6);

    private readonly SimulatedNetwork _network;
    private readonly int _number;
    private readonly SimulatedWire _toServer;
    private readonly SimulatedWire _toClient;
    private long _silentSince;

    internal SimulatedLink(SimulatedNetwork network, int number, EndPoint from, EndPoint to, SimulatedLinkOptions options)
    {
        _network = network;
        _number = number;
        From = from;
        To = to;
        Options = options;
        _toServer = new SimulatedWire(network, options);
        _toClient = new SimulatedWire(network, options);
        ClientSocket = new SimulatedSocket(network, options, _toServer, from, "client") { Ended = OnEnded };
        ServerSocket = new SimulatedSocket(network, options, _toClient, to, "server") { Link = this, Ended = OnEnded };
        _toServer.Destination = ServerSocket;
        _toClient.Destination = ClientSocket;
    }

    /// <summary>Gets the address of the end that connected.</summary>
    public EndPoint From { get; }

    /// <summary>Gets the address of the end that accepted.</summary>
    public EndPoint To { get; }

    internal SimulatedLinkOptions Options { get; }

    /// <summary>Gets or sets the end that connected; null before the handshake is over.</summary>
    internal SimulatedConnection? Client { get; set; }

    /// <summary>Gets or sets the end that was accepted; null before it is.</summary>
    internal SimulatedConnection? Server { get; set; }

    /// <summary>Gets a value that indicates whether neither end can send or receive any more.</summary>
    internal bool IsOver => ClientSocket.IsOver && ServerSocket.IsOver;

    internal SimulatedSocket ClientSocket { get; }

    internal SimulatedSocket ServerSocket { get; }

    internal SimulatedWire ToServer => _toServer;

    /// <summary>Sends a RST to both ends, as a middlebox does. Bytes on their way may be lost.</summary>
    public void Reset()
    {
        using var step = _network.Scheduler.Hold();
        foreach (var wire in new[] { _toServer, _toClient })
        {
            wire.LoseData();
            wire.Send(new SimulatedSegment(SegmentKind.Reset));
        }
    }

    /// <summary>
    /// Loses every packet of both directions, RSTs too, until <see cref="Heal"/>. The ends of the connection see nothing of it until keep-alive or the retransmission timeout
    /// (15 minutes) ends it.
    /// </summary>
    public void Blackhole()
    {
        using var step = _network.Scheduler.Hold();
        _silentSince = _network.Scheduler.NowTicks;
        _toServer.IsSilent = _toClient.IsSilent = true;
        WatchSilence(ClientSocket, () => Client);
        WatchSilence(ServerSocket, () => Server);
    }

    /// <summary>Ends a <see cref="Blackhole"/>: lost packets are sent again.</summary>
    public void Heal()
    {
        using var step = _network.Scheduler.Hold();
        _silentSince = 0;
        _toServer.IsSilent = _toClient.IsSilent = false;
    }

    /// <summary>Returns the state of both ends, in several lines.</summary>
    public override string ToString() => $"link {_number}{(_toServer.IsSilent ? ", silent" : "")}{Environment.NewLine}{ClientSocket}{Environment.NewLine}{ServerSocket}";

    private void OnEnded()
    {
        if (IsOver)
        {
            _network.Endpoint(To).Remove(this);
        }
    }

    private void WatchSilence(SimulatedSocket socket, Func<SimulatedConnection?> owner)
    {
        var keepAlive = owner()?.Tcp is { KeepAliveTime.Ticks: > 0 } tcp ? tcp.KeepAliveTime + (tcp.KeepAliveInterval * tcp.KeepAliveRetryCount) : Timeout.InfiniteTimeSpan;
        var since = _silentSince;
        if (keepAlive != Timeout.InfiniteTimeSpan)
        {
            CheckSilenceAt(socket, since, socket.LastHeard + keepAlive.Ticks, isKeepAlive: true);
        }

        CheckSilenceAt(socket, since, since + RetransmissionTimeout.Ticks, isKeepAlive: false);
    }

    private void CheckSilenceAt(SimulatedSocket socket, long since, long at, bool isKeepAlive)
    {
        _network.Scheduler.Schedule(TimeSpan.FromTicks(at - _network.Scheduler.NowTicks), Check, null);

        void Check(object? state)
        {
            // Keep-alive probes are not sent while data waits for its acknowledgement; then retransmission decides.
            if (_silentSince == since && _toServer.IsSilent && socket.IsAllAcknowledged == isKeepAlive)
            {
                socket.Fail(TransportStatus.TimedOut);
            }
        }
    }
}
