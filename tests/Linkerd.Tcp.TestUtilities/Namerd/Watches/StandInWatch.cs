using System.Threading.Channels;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Looks at the world when something changes that it read when it looked last.</summary>
internal abstract class StandInWatch(StandInWorld world) : IDisposable
{
    /// <summary>Its place among the watches: they look in the order in which they came.</summary>
    public long Number { get; set; }

    /// <summary>What it read when it looked last. Guarded by the world's lock.</summary>
    public HashSet<string> Facts { get; } = [];

    protected StandInWorld World { get; } = world;

    /// <summary>Looks at the world; its lock is held.</summary>
    public abstract void Look();

    public void Dispose() => World.Forget(this);
}

/// <summary>
/// What one request sees of the world: event by event, in order. As from namerd no event is left out for a reader that is slow, however many wait.
/// </summary>
internal abstract class StandInWatch<T>(StandInWorld world) : StandInWatch(world)
{
    private readonly Channel<T> _events = Channel.CreateUnbounded<T>();

    /// <summary>The events. It ends where nothing can come any more, as after an error.</summary>
    public ChannelReader<T> Events => _events.Reader;

    protected void Emit(T value) => _events.Writer.TryWrite(value);

    protected void End() => _events.Writer.TryComplete();
}
