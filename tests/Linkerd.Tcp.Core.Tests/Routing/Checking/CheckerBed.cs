using System.Text;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Dialing.Checking;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Testing;
using Linkerd.Tcp.Tests.Serving;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing.Checking;

/// <summary>A checker with a balancer of its own and servers to check, all of virtual time, from one seed.</summary>
internal sealed class CheckerBed : ICheckObserver, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private ActiveChecker? _checker;

    private CheckerBed(SimulatedScheduler scheduler, ulong seed)
    {
        Random = RandomSource.Seeded(seed);
        Network = new SimulatedNetwork(scheduler, Random);
        Host = Network.AddHost("proxy");
        ServerHost = Network.AddHost("server");
        Balancer = LoadBalancers.Create(BalancerKind.P2c, new BalancerOptions { Random = Random, TimeProvider = scheduler.TimeProvider });
    }

    public SeededRandom Random { get; }

    public SimulatedNetwork Network { get; }

    public SimulatedScheduler Scheduler => Network.Scheduler;

    public SimulatedHost Host { get; }

    public SimulatedHost ServerHost { get; }

    public ILoadBalancer Balancer { get; }

    public List<SimulatedBackend> Backends { get; } = [];

    public List<(TimeSpan At, ServerEndpoint Endpoint, CheckResult Result)> Results { get; } = [];

    public int HeldBack { get; private set; }

    public int Running => _checker!.Running;

    /// <summary>Runs a test once for each seed, and says which one failed.</summary>
    public static void Run(Func<CheckerBed, Task> test, int seeds = 1)
    {
        for (var seed = 0UL; seed < (ulong)seeds; seed++)
        {
            var scheduler = new SimulatedScheduler();
            using var bed = new CheckerBed(scheduler, seed);
            try
            {
                scheduler.Run(() => test(bed));
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"Seed {seed}, at {scheduler.Elapsed}: {error.Message}", error);
            }
        }
    }

    /// <summary>A server that reads to the end, says something to what it has read, and closes when its peer has.</summary>
    public static Func<TransportConnection, Task> Answering(Func<string, string?> answer) => async connection =>
    {
        var heard = "";
        if (answer(heard) is { } greeting)
        {
            await connection.SendAsync(Encoding.ASCII.GetBytes(greeting));
        }

        while (await connection.ReceiveAsync() is { Data.IsEmpty: false } received)
        {
            heard += Encoding.ASCII.GetString(received.Data.Span);
            connection.Advance(received.Data.Length);
            if (answer(heard) is { } said)
            {
                await connection.SendAsync(Encoding.ASCII.GetBytes(said));
            }
        }
    };

    public static ReadOnlyMemory<byte> Bytes(string text) => Encoding.ASCII.GetBytes(text);

    public async Task AddBackendsAsync(int count, Func<TransportConnection, Task>? serve = null)
    {
        for (var i = 0; i < count; i++)
        {
            var listener = await ServerHost.ListenAsync(new TransportListenOptions { EndPoint = ServerHost.AnyPort }, TestContext.Current.CancellationToken);
            var backend = new SimulatedBackend(listener.LocalEndPoint, Network.Endpoint(listener.LocalEndPoint), serve);
            listener.Start(backend);
            Backends.Add(backend);
        }
    }

    /// <summary>Starts to check all backends.</summary>
    public void Start(ActiveCheckOptions options, ITransport? transport = null, TimeProvider? timeProvider = null)
    {
        OptionsValidator.Validated(options, static (options, validator) => options.Validate(validator));
        var time = timeProvider ?? Scheduler.TimeProvider;
        _checker = new ActiveChecker(new EndpointCheck(new Dialer(transport ?? Host, new TcpOptions()), options, () => new ConnectOptions(), time), options, this, time, Random, _stopping.Token);
        Update(Backends);
    }

    public void Update(IEnumerable<SimulatedBackend> backends) => Update(EndpointSet.Create([.. backends.Select(backend => backend.Address)]));

    public void Update(EndpointSet set)
    {
        Balancer.Update(set);
        _checker!.Update(Balancer.Endpoints);
    }

    public void Dispose() => _stopping.Dispose();

    public void Stop()
    {
        _stopping.Cancel();
        _checker!.Stop();
    }

    public ServerEndpoint EndpointOf(SimulatedBackend backend) => Balancer.Endpoints.Single(endpoint => endpoint.Address.Equals(backend.Address));

    public Task DelayAsync(TimeSpan time) => Scheduler.Delay(time);

    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> UntilAsync(Func<bool> condition)
    {
        var startedAt = Scheduler.Elapsed;
        while (!condition())
        {
            await DelayAsync(TimeSpan.FromMilliseconds(10));
        }

        return Scheduler.Elapsed - startedAt;
    }

    void ICheckObserver.OnChecked(CheckTarget target, CheckResult result, bool isHeldBack)
    {
        Results.Add((Scheduler.Elapsed, target.Endpoint, result));
        HeldBack += isHeldBack ? 1 : 0;
    }
}
