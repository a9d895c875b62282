using System.Net;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.TestUtilities.Simulation;

/// <summary>One host of a <see cref="SimulatedNetwork"/>: listens and connects under its own address, with its own descriptors and ports.</summary>
public sealed class SimulatedTransport : ITransport
{
    private const int FirstPort = 40_000;

    private readonly HashSet<IPAddress> _moreAddresses = [];
    private int _nextPort = FirstPort;

    internal SimulatedTransport(SimulatedNetwork network, string name, IPAddress address)
    {
        Network = network;
        HostName = name;
        Address = address;
    }

    public string Name => "simulation";

    public string HostName { get; }

    public IPAddress Address { get; }

    public SimulatedNetwork Network { get; }

    /// <summary>The most connections at once, as of RLIMIT_NOFILE; reaching it is EMFILE, at accept and at connect. Default: no limit.</summary>
    public int DescriptorLimit { get; set; } = int.MaxValue;

    /// <summary>Connections and attempts that were not disposed yet.</summary>
    public int Descriptors { get; private set; }

    /// <summary>How many accepts will fail, whatever the limit.</summary>
    public int AcceptsToFail { get; set; }

    /// <summary>Any free address of this host.</summary>
    public IPEndPoint AnyPort => new(Address, 0);

    public ValueTask<ITransportListener> ListenAsync(TransportListenOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        options = OptionsValidator.Validated(options.Copy(), static (options, validator) => options.Validate(validator));
        if (options.EndPoint is null)
        {
            throw new TransportException("The simulation can only listen on an end point.");
        }

        var address = options.EndPoint is IPEndPoint { Port: 0 } ip ? new IPEndPoint(ip.Address, NextPort()) : options.EndPoint;
        var endpoint = Network.Endpoint(address);
        if (endpoint.Listener is not null)
        {
            throw new TransportException($"Cannot listen on {address}: the address is in use.");
        }

        var listener = new SimulatedListener(this, endpoint, address, options);
        endpoint.Listener = listener;
        return ValueTask.FromResult<ITransportListener>(listener);
    }

    public ValueTask<ConnectResult> ConnectAsync(EndPoint to, TransportConnectOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(to);
        var attempt = new SimulatedConnectAttempt(this, to, options, cancellationToken);
        Network.Scheduler.Post(static attempt => ((SimulatedConnectAttempt)attempt!).Start(), attempt);
        return new ValueTask<ConnectResult>(attempt.Result);
    }

    /// <summary>Gives the host another address, to connect from.</summary>
    public void AddAddress(IPAddress address) => _moreAddresses.Add(address);

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

    /// <summary>Does nothing: the network goes with the scheduler.</summary>
    public ValueTask DisposeAsync() => default;
}
