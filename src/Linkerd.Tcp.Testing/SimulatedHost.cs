using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Testing;

/// <summary>Represents a host of a <see cref="Simulation"/>: a transport that listens and connects under an address of its own, with its own ports and file descriptors.</summary>
public sealed class SimulatedHost : ITransport
{
    private const int FirstPort = 40_000;

    private readonly HashSet<IPAddress> _moreAddresses = [];
    private int _nextPort = FirstPort;

    internal SimulatedHost(SimulatedNetwork network, string name, IPAddress address)
    {
        Network = network;
        HostName = name;
        Address = address;
    }

    /// <summary>Gets the name of the transport, <c>simulation</c>.</summary>
    public string Name => "simulation";

    /// <summary>Gets the address from which the host connects.</summary>
    public IPAddress Address { get; }

    /// <summary>Gets the executor on which all connections of the simulation live: its thread.</summary>
    public TransportExecutor Executor => Network.Scheduler;

    /// <summary>
    /// Gets or sets the number of connections that the host can have at once, as RLIMIT_NOFILE limits it. Further connects fail with <see cref="ConnectFailure.LocalResources"/>, and nothing is accepted. Default: no limit.
    /// </summary>
    public int DescriptorLimit { get; set; } = int.MaxValue;

    internal string HostName { get; }

    internal SimulatedNetwork Network { get; }

    /// <summary>Gets the number of connections and attempts that were not disposed yet.</summary>
    internal int Descriptors { get; private set; }

    /// <summary>Gets or sets the number of accepts that will fail, whatever the limit.</summary>
    internal int AcceptsToFail { get; set; }

    /// <summary>Gets the address of the host with port 0, which stands for any free one.</summary>
    internal IPEndPoint AnyPort => new(Address, 0);

    /// <inheritdoc/>
    public ValueTask<ITransportListener> ListenAsync(TransportListenOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return ValueTask.FromResult<ITransportListener>(Listen(options));
    }

    /// <inheritdoc/>
    public ValueTask<ConnectResult> ConnectAsync(EndPoint to, TransportConnectOptions options = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        using var step = Network.Scheduler.Hold();
        var attempt = new SimulatedConnectAttempt(this, to, options, cancellationToken);
        Network.Scheduler.Post(static attempt => ((SimulatedConnectAttempt)attempt!).Start(), attempt);
        return new ValueTask<ConnectResult>(attempt.Result);
    }

    /// <summary>Connects as a client, for code that reads and writes a stream.</summary>
    /// <param name="to">The address of a server, or of a listener of the code under test.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <returns>The connection as a stream, which the caller disposes.</returns>
    /// <exception cref="SocketException">There is no connection, for the reason in <see cref="SocketException.SocketErrorCode"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<Stream> ConnectStreamAsync(EndPoint to, CancellationToken cancellationToken = default)
    {
        var result = await ConnectAsync(to, default, cancellationToken).ConfigureAwait(false);
        if (result.IsConnected)
        {
            return result.Connection.AsStream();
        }

        cancellationToken.ThrowIfCancellationRequested();
        var error = result.Failure switch
        {
            ConnectFailure.Refused => SocketError.ConnectionRefused,
            ConnectFailure.TimedOut => SocketError.TimedOut,
            ConnectFailure.Unreachable => SocketError.HostUnreachable,
            ConnectFailure.Reset => SocketError.ConnectionReset,
            ConnectFailure.LocalResources => SocketError.TooManyOpenSockets,
            _ => SocketError.SocketError,
        };
        throw new SocketException((int)error, $"Cannot connect to {to}: {result.Detail ?? result.Failure.ToString()}.");
    }

    /// <summary>Does nothing: hosts end with their simulation.</summary>
    /// <returns>A completed task.</returns>
    public ValueTask DisposeAsync() => default;

    /// <summary>Gives the host another address, to connect from.</summary>
    internal void AddAddress(IPAddress address) => _moreAddresses.Add(address);

    internal SimulatedListener Listen(TransportListenOptions options)
    {
        // A copy of valid options.
        options = options.With(options);
        if (options.EndPoint is null)
        {
            throw new TransportException("The simulation can only listen on an end point.");
        }

        using var step = Network.Scheduler.Hold();
        var address = options.EndPoint is IPEndPoint { Port: 0 } ip ? new IPEndPoint(ip.Address, NextPort()) : options.EndPoint;
        var endpoint = Network.Endpoint(address);
        if (endpoint.Listener is not null)
        {
            throw new TransportException($"Cannot listen on {address}: the address is in use.");
        }

        var listener = new SimulatedListener(this, endpoint, address, options);
        endpoint.Listener = listener;
        return listener;
    }

    internal IPEndPoint NextLocalEndPoint(IPAddress? source) => new(source ?? Address, NextPort());

    internal bool HasAddress(IPAddress address) => address.Equals(Address) || _moreAddresses.Contains(address);

    internal bool TryTakeDescriptor()
    {
        if (Descriptors >= DescriptorLimit)
        {
            return false;
        }

        Descriptors++;
        return true;
    }

    internal void ReturnDescriptor() => Descriptors--;

    // From the first again after the last: those are long free, or belong to a connection with another target.
    private int NextPort()
    {
        var port = _nextPort;
        _nextPort = port < IPEndPoint.MaxPort ? port + 1 : FirstPort;
        return port;
    }
}
