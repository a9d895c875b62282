using System.Diagnostics;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport.Epoll;

/// <summary>The wheel against a model that keeps a list.</summary>
public sealed class TimingWheelTests
{
    private static readonly long Second = Stopwatch.Frequency;
    private static readonly long Tick = Second / 10;

    [Fact]
    public void NextDue_Empty_IsNever() => Assert.Equal(long.MaxValue, new TimingWheel(5).NextDue);

    [Fact]
    public void Advance_AnyOrders_FiresEachOnceNeverEarlyAndAtMostATickLate()
    {
        for (var seed = 0UL; seed < 300; seed++)
        {
            var error = Record.Exception(() => new Model(seed).Run());
            Assert.True(error is null, $"seed {seed}: {error}");
        }
    }

    [Fact]
    public void Advance_HandlerArmsAgainForNow_EndsAndFiresAtTheNextTick()
    {
        var wheel = new TimingWheel(0);
        var timer = new LoopTimer(null!);
        var fired = 0;
        wheel.Add(timer, 0);
        for (var turn = 1; turn <= 3; turn++)
        {
            wheel.Advance(turn * Tick, again =>
            {
                fired++;
                wheel.Add(again, 0);
            });
            Assert.Equal(turn, fired);
        }
    }

    private sealed class Model(ulong seed)
    {
        private readonly Random _random = RandomSource.Seeded(seed);
        private readonly Dictionary<WheelTimer, long> _due = [];
        private readonly WheelTimer[] _timers = [.. Enumerable.Range(0, 20).Select(_ => new LoopTimer(null!))];
        private readonly TimingWheel _wheel = new(0);
        private long _now;

        public void Run()
        {
            for (var step = 0; step < 300; step++)
            {
                var timer = _timers[Draw(_timers.Length)];
                switch (Draw(4))
                {
                    case 0:
                        Disarm(timer);
                        break;
                    case 1:
                        // As a loop does: to the next slot that holds something, or a little past it.
                        var next = _wheel.NextDue;
                        Assert.Equal(_due.Count == 0, next == long.MaxValue);
                        if (next != long.MaxValue)
                        {
                            Assert.True(next <= _due.Values.Min() + Tick);
                            Advance(Math.Max(_now, next + Draw((int)(Tick * 3))));
                        }

                        break;
                    case 2:
                        // Late: the loop was busy for anything up to a minute.
                        Advance(_now + (Draw(60_000) * Second / 1000));
                        break;
                    default:
                        Arm(timer);
                        break;
                }
            }
        }

        private void Arm(WheelTimer timer)
        {
            Disarm(timer);
            _due[timer] = _now + (Draw(Draw(2) == 0 ? 300 : 90_000) * Second / 1000);
            _wheel.Add(timer, _due[timer]);
        }

        private void Disarm(WheelTimer timer)
        {
            _wheel.Remove(timer);
            _due.Remove(timer);
        }

        private void Advance(long now)
        {
            _now = now;
            _wheel.Advance(now, timer =>
            {
                Assert.True(_due.Remove(timer, out var due), "fired without being armed");
                Assert.True(due <= _now, "fired early");
                switch (Draw(4))
                {
                    case 0:
                        Arm(timer);
                        break;
                    case 1:
                        Disarm(_timers[Draw(_timers.Length)]);
                        break;
                    case 2:
                        Arm(_timers[Draw(_timers.Length)]);
                        break;
                    default:
                        break;
                }
            });
            Assert.DoesNotContain(_due.Values, due => due + Tick < _now);
        }

        private int Draw(int bound) => (int)(_random.NextUInt64() % (ulong)bound);
    }
}
