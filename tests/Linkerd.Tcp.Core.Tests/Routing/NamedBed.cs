using System.Diagnostics.Metrics;
using System.Net;
using System.Runtime.CompilerServices;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Tests.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing;

/// <summary>A router whose names clients choose, with a clock that the test moves. Names under <c>/svc/lost</c> are never resolved.</summary>
internal sealed class NamedBed : IResolver, IAsyncDisposable
{
    public static readonly DstPath Web = DstPath.Parse("/svc/web");
    public static readonly DstPath Lost = DstPath.Parse("/svc/lost");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Meter _meter = new("test");
    private readonly StaticResolver _answers = new(new IPEndPoint(IPAddress.Loopback, 1), new IPEndPoint(IPAddress.Loopback, 2));
    private int _watching;

    public NamedBed(DestinationRegistryOptions? options = null, Action<DestinationOptions>? configure = null, TimeProvider? clock = null, bool isLogged = true)
    {
        Counters = new MeterRecorder(_meter);
        var own = new DestinationOptions { Resolver = this, Balancing = new() { TimeProvider = clock ?? Time } };
        configure?.Invoke(own);
        Router = new DestinationRegistry(_ => own, isLogged ? Logs : null, _meter, clock ?? Time, RandomSource.Seeded(1), options: options);
    }

    public FakeTimeProvider Time { get; } = new();

    public LogRecorder Logs { get; } = new();

    public MeterRecorder Counters { get; }

    public DestinationRegistry Router { get; }

    /// <summary>The watches that run now.</summary>
    public int Watching => Volatile.Read(ref _watching);

    /// <summary>Acquires a name, waits until it is resolved, and gives it back.</summary>
    public async Task<Destination> UseAsync(DstPath name)
    {
        Assert.True(Router.TryAcquire(name, out var reference));
        using (reference)
        {
            if (!IsLost(name))
            {
                await reference.Destination.WaitResolvedAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
            }

            return reference.Destination;
        }
    }

    /// <summary>Has the resolver say something of every name, and waits until a destination has heard it.</summary>
    public async Task SayAsync(Destination destination, Resolution resolution)
    {
        _answers.Update(resolution);
        while (true)
        {
            var version = destination.Version;
            if (ReferenceEquals(destination.Resolution, resolution))
            {
                return;
            }

            await destination.WaitChangedAsync(version, TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
    }

    public bool Knows(DstPath name) => Router.Destinations.Any(destination => destination.Name.Equals(name));

    /// <summary>Moves the clock in steps that no timer's period is below.</summary>
    public void Pass(TimeSpan time)
    {
        for (var i = 0; i < 100; i++)
        {
            Time.Advance(time / 100);
        }
    }

    public Task UntilAsync(Func<bool> condition) => Task.Run(() => Assert.True(SpinWait.SpinUntil(condition, Patience)));

    public async IAsyncEnumerable<Resolution> WatchAsync(DstPath name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _watching);
        try
        {
            if (IsLost(name))
            {
                yield return Resolution.Pending.Instance;
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            await foreach (var resolution in _answers.WatchAsync(name, cancellationToken))
            {
                yield return resolution;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _watching);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Router.DisposeAsync();
        Counters.Dispose();
        _meter.Dispose();
    }

    private static bool IsLost(DstPath name) => name.ToString().StartsWith("/svc/lost", StringComparison.Ordinal);
}
