using System.Net;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Testing;

/// <summary>
/// Represents a network in memory and a clock, which run a test on one thread in virtual time. Time passes only if nothing else is left to run, and then at once to the next timer: a test of an hour
/// takes no longer than its work. Everything random has one seed, so a run can be repeated.
/// </summary>
/// <remarks>
/// The code under test gets its transport from <see cref="AddHost"/>, its clock from <see cref="TimeProvider"/> and its random numbers from <see cref="Random"/>. Work that it queues to the thread pool is waited for
/// before time passes. Work elsewhere, such as that of a real socket or of another thread, belongs in <see cref="RunOutsideAsync"/>.
/// </remarks>
public sealed class Simulation
{
    private const int DefaultPort = 80;
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(1);

    private readonly SimulatedNetwork _network;
    private int _servers;

    private Simulation(int seed, SimulationOptions options)
    {
        Seed = seed;

        // A generator of its own, so that the code under test changes nothing for the network by what it draws.
        Random = new Random(seed ^ 0x5DEECE6);
        Scheduler = new SimulatedScheduler { MaxVirtualTime = options.TimeLimit, MaxSteps = options.StepLimit, SharesThreads = true };
        _network = new SimulatedNetwork(Scheduler, new Random(seed)) { KeepsLinks = false, PoisonsAtOnce = false, HandlersMayThrow = true };
    }

    /// <summary>Gets the seed of this run.</summary>
    public int Seed { get; }

    /// <summary>Gets the random numbers for the code under test, of this run's seed.</summary>
    public Random Random { get; }

    /// <summary>Gets the virtual clock. It begins at midnight of 1 January 2030, UTC.</summary>
    public TimeProvider TimeProvider => Scheduler.TimeProvider;

    /// <summary>Gets the virtual time since the beginning of the run.</summary>
    public TimeSpan Elapsed => Scheduler.Elapsed;

    /// <summary>Gets the path of connections to addresses that belong to no <see cref="SimulatedServer"/>. A server begins with a copy of it.</summary>
    public SimulatedLinkOptions Link => _network.DefaultLink;

    internal SimulatedScheduler Scheduler { get; }

    /// <summary>Runs a test, and everything that it sets off, until its task is complete.</summary>
    /// <param name="test">The test.</param>
    /// <param name="options">The seed, the number of runs, and limits. Default: one run with seed 0.</param>
    /// <exception cref="SimulationException">The test has thrown, which is then the inner exception; or it waits for something that cannot happen any more; or a limit is reached.</exception>
    public static void Run(Func<Simulation, Task> test, SimulationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(test);
        options ??= new SimulationOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.Seed, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Seeds, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.StepLimit, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.TimeLimit, TimeSpan.Zero, nameof(options));
        for (var i = 0; i < options.Seeds; i++)
        {
            var simulation = new Simulation(options.Seed + i, options);
            try
            {
                simulation.Scheduler.Run(() => test(simulation));
            }
            catch (Exception error)
            {
                throw new SimulationException($"Seed {simulation.Seed}, after {simulation.Elapsed} of virtual time: {error.Message}", error, simulation.Seed);
            }
        }
    }

    /// <summary>Adds a host: a transport for the code under test, or for clients of it.</summary>
    /// <param name="name">The name, for messages.</param>
    /// <param name="address">The address. Default: one of 10.0.0.0/16 that no other host has.</param>
    public SimulatedHost AddHost(string name, IPAddress? address = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        using var step = Scheduler.Hold();
        return address is null ? _network.AddHost(name) : _network.AddHost(name, address);
    }

    /// <summary>Adds a server on a host of its own, which listens at once.</summary>
    /// <param name="serve">
    /// The code of the server, called for each connection; when its task is complete the connection is closed. An <see cref="IOException"/> that it throws resets the connection; any other exception fails the
    /// test. Default: sends back what it receives.
    /// </param>
    /// <param name="endPoint">The address. Default: port 80 of an address that no other host has.</param>
    public SimulatedServer AddServer(Func<TransportConnection, Task>? serve = null, IPEndPoint? endPoint = null)
    {
        using var step = Scheduler.Hold();
        var host = AddHost($"server {++_servers}", endPoint?.Address);
        return new SimulatedServer(this, host, endPoint ?? new IPEndPoint(host.Address, DefaultPort), serve ?? EchoAsync);
    }

    /// <summary>Adds several servers with the same code, as <see cref="AddServer"/> does.</summary>
    /// <param name="count">The number of servers.</param>
    /// <param name="serve">The code of each server.</param>
    public IReadOnlyList<SimulatedServer> AddServers(int count, Func<TransportConnection, Task>? serve = null) =>
        [.. Enumerable.Range(0, count).Select(_ => AddServer(serve))];

    /// <summary>Creates a registry that resolves every name to servers of the simulation, with the clock, the random numbers and a transport of it.</summary>
    /// <param name="host">The host from which <see cref="Destination.ConnectAsync"/> connects.</param>
    /// <param name="servers">The servers.</param>
    /// <param name="configure">Changes the options of each destination. Default: they are those of <see cref="DestinationOptions"/>.</param>
    /// <returns>The registry, which the caller disposes.</returns>
    public DestinationRegistry CreateRegistry(SimulatedHost host, IEnumerable<SimulatedServer> servers, Action<DestinationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(servers);
        var resolver = new StaticResolver(servers.Select(static server => server.EndPoint));
        return new DestinationRegistry(OptionsOf, timeProvider: TimeProvider, random: Random, transport: host);

        DestinationOptions OptionsOf(DstPath name)
        {
            var options = new DestinationOptions { Resolver = resolver };
            configure?.Invoke(options);
            return options;
        }
    }

    /// <summary>Creates a proxy that listens on a host, with the clock and the random numbers of the simulation.</summary>
    /// <param name="host">The host.</param>
    /// <param name="registry">The registry of its destinations.</param>
    /// <param name="options">The options, with listeners on addresses of the host.</param>
    /// <returns>The proxy, which the caller starts and disposes.</returns>
    public TcpProxy CreateProxy(SimulatedHost host, DestinationRegistry registry, TcpProxyOptions options)
    {
        ArgumentNullException.ThrowIfNull(host);
        return new TcpProxy(options, registry, host, timeProvider: TimeProvider, random: Random);
    }

    /// <summary>Waits in virtual time.</summary>
    /// <param name="time">The time.</param>
    public Task DelayAsync(TimeSpan time) => Scheduler.Delay(time);

    /// <summary>Waits in virtual time until a condition is true. It is checked before each step of the simulation, so it must only look.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="timeout">The longest virtual time to wait. Default: 1 minute.</param>
    /// <exception cref="TimeoutException">The condition was not true within the time.</exception>
    public Task UntilAsync(Func<bool> condition, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return Scheduler.UntilAsync(condition, timeout ?? DefaultTimeout);
    }

    /// <summary>
    /// Waits until nothing is left to run and no timer is set. Code that sets timers over and over, such as a proxy that runs active checks, never leaves it so: the time limit then ends the run.
    /// </summary>
    public Task WhenIdleAsync() => Scheduler.WhenIdleAsync();

    /// <summary>Runs code that the simulation does not control, such as that of a real socket or of a thread. Virtual time stands still until it has ended.</summary>
    /// <param name="action">The code.</param>
    public Task RunOutsideAsync(Func<Task> action)
    {
        ArgumentNullException.ThrowIfNull(action);
        return Scheduler.RunElsewhereAsync(() => Task.Run(action));
    }

    private static async Task EchoAsync(TransportConnection connection)
    {
        while (true)
        {
            var received = await connection.ReceiveAsync().ConfigureAwait(false);
            if (received.Data.IsEmpty)
            {
                break;
            }

            var data = received.Data.ToArray();
            connection.Advance(data.Length);
            if (await connection.SendAsync(data).ConfigureAwait(false) != TransportStatus.Ok)
            {
                break;
            }
        }
    }
}
