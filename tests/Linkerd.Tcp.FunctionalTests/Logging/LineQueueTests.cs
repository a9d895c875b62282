using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Linkerd.Tcp.Cli.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Linkerd.Tcp.FunctionalTests;

[Collection(nameof(Metrics.MetersOfThisProcess))]
public sealed class LineQueueTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Add_WriterIsStuck_DropsAndCounts()
    {
        long measured = -1;
        using var meters = new MeterListener { InstrumentPublished = static (instrument, listener) => Enable(instrument, listener) };
        meters.SetMeasurementEventCallback<long>((_, value, _, _) => measured = value);
        meters.Start();
        using var writer = new StuckWriter();
        using (var queue = new LineQueue(writer, _time))
        {
            queue.Add("first\n");
            Assert.True(writer.IsWriting.Wait(ClientSocket.Patience, TestContext.Current.CancellationToken));
            meters.RecordObservableInstruments();
            Assert.Equal(0, measured);

            // It has room for 4096 while the first one is written.
            for (var i = 0; i < 4103; i++)
            {
                queue.Add(string.Create(CultureInfo.InvariantCulture, $"{i}\n"));
            }

            meters.RecordObservableInstruments();
            Assert.Equal(7, measured);
            writer.Go.Set();
        }

        var lines = writer.Text.Split('\n');
        Assert.Equal(1 + 4096 + 1 + 1, lines.Length);
        Assert.EndsWith("7 messages were dropped here: stderr takes them too slowly", lines[^2], StringComparison.Ordinal);
    }

    private static void Enable(Instrument instrument, MeterListener listener)
    {
        if (instrument.Name == "linkerd.tcp.log.dropped")
        {
            listener.EnableMeasurementEvents(instrument);
        }
    }

    private sealed class StuckWriter : TextWriter
    {
        private readonly StringBuilder _text = new();

        public ManualResetEventSlim IsWriting { get; } = new();

        public ManualResetEventSlim Go { get; } = new();

        public string Text => _text.ToString();

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(string? value)
        {
            IsWriting.Set();
            Go.Wait();
            _text.Append(value);
        }

        protected override void Dispose(bool disposing)
        {
            IsWriting.Dispose();
            Go.Dispose();
            base.Dispose(disposing);
        }
    }
}
