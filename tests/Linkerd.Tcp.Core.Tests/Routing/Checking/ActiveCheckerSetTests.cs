using System.Net;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Dialing.Checking;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing.Checking;

/// <summary>Many endpoints, sets that change, and what is no fault of theirs.</summary>
public sealed class ActiveCheckerSetTests
{
    private static readonly ActiveCheckOptions Default = new();

    [Fact]
    public void Check_EightOfTenFail_FiveAreEjectedAndTheNextWhenOneIsBack() => CheckerBed.Run(async bed =>
    {
        await bed.AddBackendsAsync(10);
        bed.Backends.Take(8).ToList().ForEach(backend => backend.Endpoint.Refuse());
        bed.Start(Default);
        await bed.DelayAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(5, bed.Balancer.Endpoints.Count(endpoint => endpoint.IsDown));
        Assert.True(bed.HeldBack > 3);
        var back = bed.Backends.First(backend => bed.EndpointOf(backend).IsDown);
        back.Endpoint.Heal();
        await bed.UntilAsync(() => !bed.EndpointOf(back).IsDown);
        await bed.DelayAsync(Default.Interval);
        Assert.Equal(5, bed.Balancer.Endpoints.Count(endpoint => endpoint.IsDown));
    }, seeds: 5);

    [Fact]
    public void Check_OnlyEndpointFails_IsNotEjected() => CheckerBed.Run(async bed =>
    {
        await bed.AddBackendsAsync(1);
        bed.Backends[0].Endpoint.Refuse();
        bed.Start(Default);
        await bed.DelayAsync(TimeSpan.FromMinutes(1));
        Assert.False(bed.Balancer.Endpoints[0].IsEjected);

        // It is not the only one any more: the next failed check ejects it.
        await bed.AddBackendsAsync(1);
        bed.Update(bed.Backends);
        await bed.DelayAsync(Default.Interval * 1.1);
        Assert.True(bed.EndpointOf(bed.Backends[0]).IsDown);
    });

    [Fact]
    public void Check_DescriptorsAreShort_NobodyFalls() => CheckerBed.Run(async bed =>
    {
        await bed.AddBackendsAsync(4);
        bed.Backends[3].Endpoint.Refuse();
        bed.Start(Default);
        await bed.UntilAsync(() => bed.EndpointOf(bed.Backends[3]).IsDown);
        bed.Results.Clear();
        bed.Host.DescriptorLimit = 0;
        await bed.DelayAsync(TimeSpan.FromMinutes(2));
        Assert.InRange(bed.Results.Count, 236, 244);
        Assert.All(bed.Results, result => Assert.Equal(new CheckResult(CheckVerdict.Inconclusive, "Too many open files"), result.Result));
        Assert.Equal([3], bed.Backends.Index().Where(item => bed.EndpointOf(item.Item).IsDown).Select(item => item.Index));
    });

    [Fact]
    public void Update_EndpointsComeAndGo_ThoseOfTheSetAreChecked() => CheckerBed.Run(async bed =>
    {
        await bed.AddBackendsAsync(6);
        bed.Start(Default);
        await bed.DelayAsync(TimeSpan.FromSeconds(10));
        bed.Update(bed.Backends.Take(3));
        await bed.DelayAsync(Default.Timeout);
        var before = bed.Backends.Select(backend => backend.Endpoint.Attempts).ToArray();
        await bed.DelayAsync(TimeSpan.FromSeconds(20));
        var after = bed.Backends.Select(backend => backend.Endpoint.Attempts).ToArray();
        Assert.Equal([10, 10, 10, 0, 0, 0], after.Zip(before, (now, then) => now - then));

        bed.Update(bed.Backends.Skip(2));
        await bed.DelayAsync(Default.Interval);
        before = [.. bed.Backends.Select(backend => backend.Endpoint.Attempts)];
        await bed.DelayAsync(TimeSpan.FromSeconds(20));
        after = [.. bed.Backends.Select(backend => backend.Endpoint.Attempts)];
        Assert.Equal([0, 0, 10, 10, 10, 10], after.Zip(before, (now, then) => now - then));
        bed.Update(EndpointSet.Empty);
        bed.Results.Clear();
        await bed.DelayAsync(TimeSpan.FromSeconds(20));
        Assert.Empty(bed.Results);
    });

    [Fact]
    public void Update_EndpointLeavesWhileItIsChecked_ResultIsForgotten() => CheckerBed.Run(async bed =>
    {
        await bed.AddBackendsAsync(2);
        bed.Backends[0].Endpoint.Blackhole();
        bed.Start(Default.With(own => own.Fall = 1));
        await bed.UntilAsync(() => bed.Backends[0].Endpoint.Attempts > 0);
        var endpoint = bed.EndpointOf(bed.Backends[0]);
        bed.Update(bed.Backends.Skip(1));
        await bed.DelayAsync(TimeSpan.FromSeconds(10));
        Assert.False(endpoint.IsEjected);
        Assert.DoesNotContain(bed.Results, result => result.Endpoint == endpoint);
    });

    [Fact]
    public void Start_ManyEndpoints_ChecksAreSpreadOverTheInterval() => CheckerBed.Run(async bed =>
    {
        await bed.AddBackendsAsync(1000);
        bed.Start(Default);
        await bed.DelayAsync(TimeSpan.FromSeconds(10));

        // 500 a second are 50 in 100 ms.
        var slices = bed.Results.CountBy(result => (int)(result.At.TotalMilliseconds / 100)).Where(slice => slice.Key is > 0 and < 99).ToList();
        Assert.Equal(98, slices.Count);
        Assert.All(slices, slice => Assert.InRange(slice.Value, 40, 60));
        Assert.All(bed.Results.CountBy(result => result.Endpoint), count => Assert.InRange(count.Value, 4, 5));
    });

    [Fact]
    public void Start_NobodyAnswers_NoMoreThanTheMostAreUnderWay() => CheckerBed.Run(async bed =>
    {
        await bed.AddBackendsAsync(200);
        bed.Backends.ForEach(backend => backend.Endpoint.Blackhole());
        bed.Start(Default.With(own => own.MaxConcurrent = 10));
        var most = 0;
        await bed.UntilAsync(() =>
        {
            most = Math.Max(most, bed.Host.Descriptors);
            Assert.Equal(bed.Running, bed.Host.Descriptors);
            return bed.Scheduler.Elapsed > TimeSpan.FromSeconds(60);
        });
        Assert.Equal(10, most);
        Assert.InRange(bed.Results.Count, 580, 600);
        Assert.Equal(200, bed.Results.Select(result => result.Endpoint).Distinct().Count());
    });

    [Fact]
    public void Start_TenThousandEndpoints_OneTimerAndNoBurst() => CheckerBed.Run(async bed =>
    {
        var time = new TimerCounter(bed.Scheduler.TimeProvider);
        var attempts = new List<TimeSpan>();
        var transport = new ScriptedTransport((_, _, _) =>
        {
            attempts.Add(bed.Scheduler.Elapsed);
            return new(ConnectResult.Failed(ConnectFailure.Refused));
        });
        bed.Start(Default, transport, time);
        bed.Update(EndpointSet.Create([.. Enumerable.Range(0, 10_000).Select(i => new IPEndPoint(new IPAddress([10, 9, (byte)(i >> 8), (byte)i]), 80))]));
        await bed.DelayAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(1, time.Timers);
        Assert.InRange(attempts.Count, 49_900, 50_000);
        Assert.True(attempts.CountBy(at => at.Ticks / TimeSpan.TicksPerMillisecond / 10).Max(slice => slice.Value) <= 110);
        Assert.Equal(5000, bed.Balancer.Endpoints.Count(endpoint => endpoint.IsDown));
    });

    [Fact]
    public void Check_TransportThrows_NobodyFallsAndChecksGoOn() => CheckerBed.Run(async bed =>
    {
        await bed.AddBackendsAsync(3);
        bed.Start(Default, new ScriptedTransport((_, _, _) => throw new ArgumentException("scripted")));
        await bed.DelayAsync(TimeSpan.FromSeconds(20));
        Assert.InRange(bed.Results.Count, 28, 32);
        Assert.All(bed.Results, result => Assert.Equal(new CheckResult(CheckVerdict.Inconclusive, "ArgumentException: scripted"), result.Result));
        Assert.DoesNotContain(bed.Balancer.Endpoints, endpoint => endpoint.IsEjected);
    });

    [Fact]
    public void Check_LastsLongerThanTheInterval_OneAtATime() => CheckerBed.Run(async bed =>
    {
        await bed.AddBackendsAsync(2);
        bed.Backends[0].Endpoint.Blackhole();
        bed.Start(Default.With(own => { own.Interval = TimeSpan.FromMilliseconds(300); own.Fall = 1000; }));
        await bed.DelayAsync(TimeSpan.FromSeconds(30.5));
        var silent = bed.EndpointOf(bed.Backends[0]);
        Assert.InRange(bed.Results.Count(result => result.Endpoint == silent), 23, 30);
        Assert.InRange(bed.Results.Count(result => result.Endpoint != silent), 99, 102);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Stop_ChecksAreUnderWay_TheyAreGivenUpAndNobodyFalls(bool talks) => CheckerBed.Run(async bed =>
    {
        await bed.AddBackendsAsync(3);
        if (!talks)
        {
            bed.Backends.ForEach(backend => backend.Endpoint.Blackhole());
        }

        bed.Start(Default.With(own => { own.Fall = 1; own.Expect = talks ? CheckerBed.Bytes("hello") : default; }));
        await bed.UntilAsync(() => bed.Running > 0 && bed.Host.Descriptors > 0);
        await bed.DelayAsync(TimeSpan.FromMilliseconds(100));
        var results = bed.Results.Count;
        bed.Stop();
        await bed.UntilAsync(() => bed.Running == 0);
        await bed.DelayAsync(TimeSpan.FromSeconds(10));
        Assert.Equal((results, 0, 0), (bed.Results.Count, bed.Host.Descriptors, bed.Balancer.Endpoints.Count(endpoint => endpoint.IsDown)));
    }, seeds: 3);

    [Theory]
    [InlineData("Interval")]
    [InlineData("Timeout")]
    [InlineData("Rise")]
    [InlineData("Fall")]
    [InlineData("Expect")]
    [InlineData("MaxConcurrent")]
    public void Check_OptionOutOfRange_SaysWhich(string option)
    {
        var options = option switch
        {
            "Interval" => Default.With(own => own.Interval = TimeSpan.Zero),
            "Timeout" => Default.With(own => own.Timeout = TimeSpan.Zero),
            "Rise" => Default.With(own => own.Rise = 0),
            "Fall" => Default.With(own => own.Fall = 0),
            "Expect" => Default.With(own => own.Expect = new byte[4097]),
            _ => Default.With(own => own.MaxConcurrent = 0),
        };
        var validator = new OptionsValidator();
        validator.Nested(options, static (options, validator) => options.Validate(validator), "Check");
        var error = Assert.Throws<InvalidOptionsException>(() => validator.ThrowIfInvalid(null));
        Assert.Equal($"Check.{option}", Assert.Single(error.Errors).Path);
    }

    private sealed class TimerCounter(TimeProvider inner) : TimeProvider
    {
        public int Timers { get; private set; }

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override long GetTimestamp() => inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Timers++;
            return inner.CreateTimer(callback, state, dueTime, period);
        }
    }
}
