using System.Diagnostics.Metrics;
using System.Globalization;
using Linkerd.Tcp.Diagnostics;

namespace Linkerd.Tcp.Cli.Logging;

/// <summary>Lines on their way to a writer, which a thread writes; a line that finds the queue full is dropped and counted. Any thread.</summary>
internal sealed class LineQueue : IDisposable
{
    private const int MaxLines = 4096;

    // The terminal may have been stopped (Control-S), which is no reason not to end.
    private static readonly TimeSpan MaxFlush = TimeSpan.FromSeconds(1.5);

    private readonly Lock _lock = new();
    private readonly TextWriter _writer;
    private readonly TimeProvider _timeProvider;
    private readonly SemaphoreSlim _added = new(0);
    private readonly Thread _thread;

    // Of its own: the log is there before anything that has one.
    private readonly Meter _meter = new(LinkerdTcpTelemetry.MeterName);
    private List<string> _lines = [];
    private int _dropped;
    private long _totalDropped;
    private bool _isDisposed;

    /// <summary>Initializes a queue.</summary>
    /// <param name="writer">The target of the lines. It does not throw.</param>
    /// <param name="timeProvider">The clock.</param>
    public LineQueue(TextWriter writer, TimeProvider timeProvider)
    {
        _writer = writer;
        _timeProvider = timeProvider;
        _meter.CreateObservableCounter("linkerd.tcp.log.dropped", () => Volatile.Read(ref _totalDropped), "{message}", "Messages of the log that were dropped, as stderr was not read fast enough.");
        _thread = new Thread(Run) { IsBackground = true, Name = "log" };
        _thread.Start();
    }

    /// <summary>Adds a line; it never waits.</summary>
    public void Add(string line)
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            if (_lines.Count == MaxLines)
            {
                _dropped++;
                Volatile.Write(ref _totalDropped, _totalDropped + 1);
                return;
            }

            _lines.Add(line);
            if (_lines.Count > 1)
            {
                return;
            }
        }

        _added.Release();
    }

    /// <summary>Waits until the queued lines are written, for a moment at most.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
        }

        _added.Release();
        _thread.Join(MaxFlush);
        _meter.Dispose();
    }

    private void Run()
    {
        var spare = new List<string>();
        while (true)
        {
            _added.Wait();
            List<string> lines;
            int dropped;
            bool isLast;
            lock (_lock)
            {
                (lines, _lines) = (_lines, spare);
                (dropped, _dropped) = (_dropped, 0);
                isLast = _isDisposed;
            }

            // A line at a time, so that those of other processes with the same stderr stand between lines.
            foreach (var line in lines)
            {
                _writer.Write(line);
            }

            if (dropped > 0)
            {
                _writer.Write(Describe(dropped));
            }

            if (isLast)
            {
                return;
            }

            lines.Clear();
            spare = lines;
        }
    }

    private string Describe(int dropped) => string.Create(
        CultureInfo.InvariantCulture,
        $"[{_timeProvider.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss.fff'Z'} WARN  {LinkerdTcpTelemetry.MeterName}] {dropped} messages were dropped here: stderr takes them too slowly\n");
}
