using System.Net;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Testing;

/// <summary>Represents a server of a <see cref="Simulation"/>, and its faults. Any thread.</summary>
public sealed class SimulatedServer
{
    private readonly Simulation _simulation;
    private readonly SimulatedHost _host;
    private readonly SimulatedEndpoint _endpoint;
    private readonly Func<TransportConnection, Task> _serve;
    private SimulatedProcess? _process;
    private int _accepted;

    internal SimulatedServer(Simulation simulation, SimulatedHost host, IPEndPoint endPoint, Func<TransportConnection, Task> serve)
    {
        _simulation = simulation;
        _host = host;
        _serve = serve;
        EndPoint = endPoint;
        Link = simulation.Link.Copy();
        _endpoint = host.Network.Endpoint(endPoint);
        _endpoint.Link = Link;
        Start();
    }

    /// <summary>Gets the address on which the server listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Gets the path to the server: at first a copy of <see cref="Simulation.Link"/>.</summary>
    public SimulatedLinkOptions Link { get; }

    /// <summary>Gets the number of connections that the server has accepted so far.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Gets the open connections to the server, in the order of their establishment.</summary>
    public IReadOnlyList<SimulatedLink> Links
    {
        get
        {
            using var step = _host.Network.Scheduler.Hold();
            return [.. _endpoint.OpenLinks];
        }
    }

    /// <summary>Ends the process of the server: its connections are reset, and connects are refused until <see cref="Start"/>. If it does not run, nothing happens.</summary>
    public void Stop()
    {
        using var step = _host.Network.Scheduler.Hold();
        _process?.Kill();
        _process = null;
    }

    /// <summary>Starts the server again after <see cref="Stop"/>. If it runs, nothing happens.</summary>
    public void Start()
    {
        using var step = _host.Network.Scheduler.Hold();
        _process ??= new SimulatedProcess(_simulation, _host, EndPoint, ServeAsync);
    }

    /// <summary>Fails new connects until <see cref="Heal"/>. Established connections continue.</summary>
    /// <param name="failure">The answer: <see cref="ConnectFailure.Refused"/>, the default, <see cref="ConnectFailure.Unreachable"/> or <see cref="ConnectFailure.Reset"/>.</param>
    public void Refuse(ConnectFailure failure = ConnectFailure.Refused)
    {
        using var step = _host.Network.Scheduler.Hold();
        _endpoint.Fail(failure);
    }

    /// <summary>Loses the packets of new connects until <see cref="Heal"/>, so that they time out. Established connections continue.</summary>
    public void Blackhole()
    {
        using var step = _host.Network.Scheduler.Hold();
        _endpoint.Blackhole();
    }

    /// <summary>Loses all packets from and to the server until <see cref="Heal"/>, those of established connections too.</summary>
    public void Isolate()
    {
        using var step = _host.Network.Scheduler.Hold();
        _endpoint.Blackhole();
        foreach (var link in _endpoint.OpenLinks)
        {
            link.Blackhole();
        }
    }

    /// <summary>Ends <see cref="Refuse"/>, <see cref="Blackhole"/> and <see cref="Isolate"/>, and the black holes of single connections. Lost packets are sent again.</summary>
    public void Heal()
    {
        using var step = _host.Network.Scheduler.Hold();
        _endpoint.Heal();
        foreach (var link in _endpoint.OpenLinks)
        {
            link.Heal();
        }
    }

    private Task ServeAsync(TransportConnection connection)
    {
        Interlocked.Increment(ref _accepted);
        return _serve(connection);
    }
}
