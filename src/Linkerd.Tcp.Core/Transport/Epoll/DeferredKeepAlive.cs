namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>
/// Turns keep-alive on for connections that we have made, once they are a second or two old: it takes four system calls,
/// probes begin after seconds of silence, and most short connections never live to see one. (Connections that a listener accepts inherit its settings, and need none.) For the loop's thread.
/// </summary>
internal sealed class DeferredKeepAlive(EpollLoop loop) : ITimerHandler
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private const int MaxKept = 1024;

    private readonly LoopTimer _timer = new(loop);

    // Numbers instead of references: a connection that is closed meanwhile is not kept in memory for this.
    private List<(int Descriptor, uint Generation)> _young = [];
    private List<(int Descriptor, uint Generation)> _older = [];
    private TcpOptions? _options;
    private bool _armed;

    public void Add(EpollConnection connection, TcpOptions options)
    {
        if (options.KeepAliveTime <= TimeSpan.Zero || connection.IsUnix)
        {
            return;
        }

        if (_young.Count == 0 && _older.Count == 0)
        {
            _options = options;
        }

        if (!options.HasKeepAliveOf(_options!))
        {
            // A loop serves one set of options as a rule.
            SocketOptions.ApplyKeepAlive(connection.Descriptor, options);
            return;
        }

        _young.Add((connection.Descriptor, connection.Generation));
        if (!_armed)
        {
            _armed = true;
            _timer.Arm(Interval, this);
        }
    }

    void ITimerHandler.OnTimer()
    {
        foreach (var (descriptor, generation) in _older)
        {
            if (loop.Find(descriptor, generation) is not null)
            {
                SocketOptions.ApplyKeepAlive(descriptor, _options!);
            }
        }

        _older.Clear();
        if (_older.Capacity > MaxKept)
        {
            _older.Capacity = MaxKept;
        }

        (_young, _older) = (_older, _young);
        _armed = _older.Count > 0;
        if (_armed)
        {
            _timer.Arm(Interval, this);
        }
    }
}
