using System.Diagnostics.Metrics;
using System.Text;
using Linkerd.Tcp.Cli.AccessLog;
using Linkerd.Tcp.Cli.Streams;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The writer, with targets that take little, nothing, or fail in the middle of a line.</summary>
[Trait("Category", "AnyTransport")]
public sealed class AccessLogWriterTests
{
    [Fact]
    public async Task Write_TargetTakesAFewBytesAtATime_WritesAll()
    {
        var target = new ScriptedTarget { MostAtOnce = 3 };
        using var bed = new Bed(() => target);
        bed.Add(100);
        await bed.UntilAsync(() => target.Lines == 100);
        Assert.Equal(Bed.LinesOf(100), target.Text);
        await bed.UntilAsync(() => bed.Counter("linkerd.tcp.access_log.records") == 100);
    }

    [Fact]
    public async Task Write_FailsInTheMiddleOfALine_GoesOnThereLater()
    {
        var target = new ScriptedTarget { FailsAfter = 41 };
        using var bed = new Bed(() => target);
        bed.Add(20);
        await bed.UntilAsync(() => bed.Counter("linkerd.tcp.access_log.failures") > 0);
        Assert.Equal(41, target.Text.Length);
        bed.Add(5, from: 20);
        target.FailsAfter = int.MaxValue;
        await bed.UntilAsync(() => target.Lines == 25);
        Assert.Equal((Bed.LinesOf(25), 0L), (target.Text, bed.Counter("linkerd.tcp.access_log.dropped")));
    }

    [Fact]
    public async Task Write_TargetTakesNothing_DropsAndCountsWithoutWaiting()
    {
        var target = new ScriptedTarget { MostAtOnce = 0 };
        using var bed = new Bed(() => target, capacity: 1000);
        bed.Add(1000);
        Assert.InRange(bed.Counter("linkerd.tcp.access_log.dropped"), 1, 999);
        target.MostAtOnce = int.MaxValue;
        await bed.UntilAsync(() => target.Lines + bed.Counter("linkerd.tcp.access_log.dropped") == 1000);
        await bed.UntilAsync(() => bed.Counter("linkerd.tcp.access_log.records") == target.Lines);
    }

    [Fact]
    public async Task Reopen_Fails_KeepsTheFileBeforeAndTriesAgain()
    {
        var (first, second) = (new ScriptedTarget(), new ScriptedTarget());
        var opened = 0;
        var isBroken = true;
        using var bed = new Bed(() => opened++ == 0 ? first : Volatile.Read(ref isBroken) ? throw new IOException("No space left on device") : second);
        bed.Writer.Reopen();
        await bed.UntilAsync(() => bed.Counter("linkerd.tcp.access_log.failures") > 0);
        bed.Add(10);
        await bed.UntilAsync(() => first.Lines == 10);
        Volatile.Write(ref isBroken, false);
        await bed.UntilAsync(() => first.IsDisposed);
        bed.Add(10);
        await bed.UntilAsync(() => second.Lines == 10);
    }

    [Fact]
    public async Task Write_FileWasDeleted_WaitsUntilItCanBeOpenedAgain()
    {
        var (first, second) = (new ScriptedTarget(), new ScriptedTarget());
        var opened = 0;
        var isBroken = true;
        using var bed = new Bed(() => opened++ == 0 ? first : Volatile.Read(ref isBroken) ? throw new IOException("No such file or directory") : second);
        first.IsGone = true;
        await bed.UntilAsync(() =>
        {
            bed.Writer.Repeat(TimeSpan.FromDays(1), () => [], _ => { });
            return bed.Counter("linkerd.tcp.access_log.failures") > 0;
        });
        bed.Add(10);
        Volatile.Write(ref isBroken, false);
        await bed.UntilAsync(() => second.Lines == 10);
        Assert.Equal(0, first.Lines);
    }

    [Fact]
    public void Dispose_WritesWhatIsQueued()
    {
        var target = new ScriptedTarget();
        var bed = new Bed(() => target);
        bed.Add(500);
        bed.Dispose();
        Assert.Equal((500, true), (target.Lines, target.IsDisposed));
    }

    private sealed class Bed : IDisposable
    {
        private readonly Meter _meter = new("access log test");
        private readonly RecordQueue _queue;

        public Bed(Func<LogTarget> open, int capacity = 1 << 20)
        {
            var counts = new AccessLogCounts(_meter);
            _queue = new RecordQueue(capacity, counts);
            Writer = new AccessLogWriter(_queue, "test", open, counts, NullLogger.Instance, TimeProvider.System);
        }

        public AccessLogWriter Writer { get; }

        public static string LinesOf(int count) => string.Concat(Enumerable.Range(0, count).Select(number => $"line {number}\n"));

        public void Add(int count, int from = 0)
        {
            for (var i = from; i < from + count; i++)
            {
                _queue.TryAdd(Encoding.ASCII.GetBytes($"line {i}\n"));
            }
        }

        public long Counter(string name)
        {
            long value = 0;
            using var listener = new MeterListener { InstrumentPublished = (instrument, listener) => Enable(instrument, listener, name) };
            listener.SetMeasurementEventCallback<long>((_, measured, _, _) => value = measured);
            listener.Start();
            listener.RecordObservableInstruments();
            return value;
        }

        public Task UntilAsync(Func<bool> condition) => Eventually.IsTrueAsync(condition, () => "it did not come to that");

        public void Dispose()
        {
            Writer.Dispose();
            _meter.Dispose();
        }

        private void Enable(Instrument instrument, MeterListener listener, string name)
        {
            if (instrument.Meter == _meter && instrument.Name == name)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        }
    }

    private sealed class ScriptedTarget : LogTarget
    {
        private readonly Lock _lock = new();
        private readonly StringBuilder _text = new();
        private volatile int _mostAtOnce = int.MaxValue;
        private volatile int _failsAfter = int.MaxValue;
        private volatile bool _isDisposed;
        private volatile bool _isGone;

        public int MostAtOnce { get => _mostAtOnce; set => _mostAtOnce = value; }

        public int FailsAfter { get => _failsAfter; set => _failsAfter = value; }

        public bool IsDisposed => _isDisposed;

        public bool IsGone { get => _isGone; set => _isGone = value; }

        public override bool IsDeleted => _isGone;

        public string Text
        {
            get
            {
                lock (_lock)
                {
                    return _text.ToString();
                }
            }
        }

        public int Lines => Text.Count(static letter => letter == '\n');

        public override int Write(ReadOnlySpan<byte> bytes)
        {
            lock (_lock)
            {
                var count = Math.Min(Math.Min(bytes.Length, MostAtOnce), FailsAfter - _text.Length);
                if (count == 0 && MostAtOnce > 0)
                {
                    throw new IOException("No space left on device");
                }

                _text.Append(Encoding.ASCII.GetString(bytes[..count]));
                return count;
            }
        }

        public override void Dispose() => _isDisposed = true;
    }
}
