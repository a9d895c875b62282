namespace Linkerd.Tcp.Testing;

/// <summary>One direction of a link: carries segments in order, each after the link's latency.</summary>
internal sealed class SimulatedWire(SimulatedNetwork network, SimulatedLinkOptions options)
{
    private readonly List<(long Due, SimulatedSegment Segment)> _inFlight = [];
    private long _lastDue;
    private long _sentAt;
    private bool _isSilent;

    /// <summary>Gets or sets the socket at which segments arrive.</summary>
    public SimulatedSocket? Destination { get; set; }

    /// <summary>Gets or sets a value that indicates whether packets are lost, which for TCP means that they are late until the wire works again.</summary>
    public bool IsSilent
    {
        get => _isSilent;
        set
        {
            _isSilent = value;
            if (!value)
            {
                Retransmit();
            }
        }
    }

    public void Send(in SimulatedSegment segment)
    {
        var latency = options.Latency + (options.Jitter * network.Random.NextDouble());
        _sentAt = Math.Max(_sentAt, network.Scheduler.NowTicks);
        if (options.BytesPerSecond is { } rate && segment.Data is { } data)
        {
            _sentAt += data.Length * TimeSpan.TicksPerSecond / rate;
        }

        _lastDue = Math.Max(_lastDue, _sentAt + latency.Ticks);
        _inFlight.Add((_lastDue, segment));
        ScheduleDelivery(_lastDue);
    }

    /// <summary>Loses data from some point on, which a sender that gives up does not send again.</summary>
    public void LoseData()
    {
        var arrives = network.DrawSize(_inFlight.Count + 1, options) - 1;
        for (var i = _inFlight.Count - 1; i >= arrives; i--)
        {
            if (_inFlight[i].Segment.Kind is SegmentKind.Data or SegmentKind.Fin)
            {
                _inFlight.RemoveAt(i);
            }
        }
    }

    private void Retransmit()
    {
        var soon = network.Scheduler.NowTicks + options.Latency.Ticks;
        for (var i = 0; i < _inFlight.Count; i++)
        {
            var due = Math.Max(_inFlight[i].Due, soon);
            _inFlight[i] = (due, _inFlight[i].Segment);
            _lastDue = Math.Max(_lastDue, due);
            ScheduleDelivery(due);
        }
    }

    private void ScheduleDelivery(long due) => network.Scheduler.Schedule(
        TimeSpan.FromTicks(due - network.Scheduler.NowTicks),
        static wire => ((SimulatedWire)wire!).Deliver(),
        this);

    private void Deliver()
    {
        // One timer per segment: as many timers as segments are due, so each delivers at most one.
        if (!_isSilent && _inFlight.Count > 0 && _inFlight[0].Due <= network.Scheduler.NowTicks)
        {
            var segment = _inFlight[0].Segment;
            _inFlight.RemoveAt(0);
            Destination!.Deliver(segment);
        }
    }
}
