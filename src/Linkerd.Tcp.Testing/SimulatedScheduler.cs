using System.Diagnostics.CodeAnalysis;
using System.Text;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Testing;

/// <summary>
/// Runs test code and the code under test on one thread in virtual time: time moves only when nothing is left to run, and
/// then at once to the next timer. So a run takes no longer than its work, and goes the same way each time.
/// </summary>
/// <remarks>
/// Code under test awaits with ConfigureAwait(false), and is continued inline by the step that completed the operation. That holds only
/// without a synchronization context, so steps of the engine run without one, and test code (the body of <see cref="Run"/>) with one.
/// Continuations that insist on the thread pool (SemaphoreSlim, channels, CancelAsync) come back through the executor's <c>Resume</c>.
/// With <see cref="SharesThreads"/> each step waits for the pool. Otherwise time waits once in each of its seconds for the work that the pool has by then: begin other such
/// work with <see cref="RunElsewhereAsync(Action)"/>.
/// </remarks>
internal sealed class SimulatedScheduler : TransportExecutor
{
    // Otherwise limits of time would pass in the microseconds that a thread needs to start, or the milliseconds on a busy machine.
    private static readonly TimeSpan PoolInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestAbsence = TimeSpan.FromSeconds(30);

    [ThreadStatic]
    private static SimulatedScheduler? Current;

    // Monitor, not Lock: an idle run waits on it for other threads.
    private readonly object _lock = new();
    private readonly Lock _step = new();
    private readonly Queue<ScheduledItem> _ready = new();
    private readonly Queue<ScheduledItem> _foreign = new();
    private readonly PriorityQueue<ScheduledItem, (long Due, long Order)> _timers = new();
    private readonly List<Action> _endOfStep = [];
    private readonly List<Func<string>> _descriptions = [];
    private readonly SimulatedConditions _conditions;
    private readonly SimulatedClock _clock;
    private readonly SimulatedSynchronizationContext _context;
    private long _now;
    private long _waitedForPool;
    private long _order;
    private long _steps;
    private int _elsewhere;
    private TaskCompletionSource? _idle;
    private Exception? _failure;

    public SimulatedScheduler()
    {
        _clock = new SimulatedClock(this);
        _conditions = new SimulatedConditions(this);
        _context = new SimulatedSynchronizationContext(this);
    }

    /// <summary>Gets or sets the longest virtual time that one <see cref="Run"/> may take. Default: 1 day.</summary>
    public TimeSpan MaxVirtualTime { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Gets or sets the number of steps that one <see cref="Run"/> may take. Default: 5,000,000.</summary>
    public long MaxSteps { get; set; } = 5_000_000;

    /// <summary>Gets or sets the real time for which an idle run waits for other threads before it fails. Default: 1 s.</summary>
    public TimeSpan IdleGrace { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Gets a value that indicates whether connections may be used from other threads, and each step waits for the work of the thread pool. Otherwise such a use fails the run, and the pool is waited for once in a
    /// virtual second. Default: false.
    /// </summary>
    public bool SharesThreads { get; init; }

    /// <summary>Gets the virtual time since the scheduler was created.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(NowTicks);

    /// <summary>Gets the number of steps so far.</summary>
    public long Steps => Volatile.Read(ref _steps);

    /// <summary>Gets the number of timers that are set.</summary>
    public int Timers
    {
        get
        {
            lock (_lock)
            {
                return _timers.UnorderedItems.Count(static item => !item.Element.IsCancelled);
            }
        }
    }

    public override TimeProvider TimeProvider => _clock;

    public override bool IsCurrent => Current == this;

    internal long NowTicks => Volatile.Read(ref _now);

    public override void Post(Action<object?> action, object? state) => Enqueue(new ScheduledItem(action, state, null));

    /// <summary>Runs the body, and everything that it sets off, until the body's task is done.</summary>
    /// <exception cref="SimulationException">The body waits for something that cannot happen any more, or a budget is used up.</exception>
    public void Run(Func<Task> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (Current is not null)
        {
            throw new InvalidOperationException("A simulation is running on this thread already.");
        }

        var outer = SynchronizationContext.Current;
        var timeLimit = NowTicks + MaxVirtualTime.Ticks;
        var stepLimit = _steps + MaxSteps;
        Current = this;
        var pool = new PoolActivity();
        try
        {
            Task? running = null;
            PostToContext(_ => running = body(), null);
            while (running is not { IsCompleted: true })
            {
                if (SharesThreads)
                {
                    pool.Settle();
                }

                _conditions.Check();
                Step(Next(timeLimit));
                if (++_steps > stepLimit)
                {
                    throw Stuck($"{MaxSteps} steps, the limit, were taken");
                }
            }

            running.GetAwaiter().GetResult();
        }
        finally
        {
            Current = null;
            pool.Dispose();
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    /// <summary>Runs an action on another thread; virtual time stands still meanwhile.</summary>
    public Task RunElsewhereAsync(Action action) => RunElsewhereAsync(() => Task.Run(action));

    /// <summary>Runs an action that works on other threads; virtual time stands still until it has ended.</summary>
    public async Task RunElsewhereAsync(Func<Task> action)
    {
        Interlocked.Increment(ref _elsewhere);
        try
        {
            await action().ConfigureAwait(true);
        }
        finally
        {
            Interlocked.Decrement(ref _elsewhere);
        }
    }

    /// <inheritdoc cref="SimulatedConditions.UntilAsync"/>
    public Task UntilAsync(Func<bool> condition, TimeSpan timeout) => _conditions.UntilAsync(condition, timeout);

    /// <summary>Completes when nothing is left to run, and no timer is set.</summary>
    public Task WhenIdleAsync()
    {
        lock (_lock)
        {
            return (_idle ??= new TaskCompletionSource()).Task;
        }
    }

    /// <summary>Stops virtual time until <see cref="EndAbsence"/>, for work on another thread that comes back.</summary>
    internal void BeginAbsence() => Interlocked.Increment(ref _elsewhere);

    /// <inheritdoc cref="BeginAbsence"/>
    internal void EndAbsence() => Interlocked.Decrement(ref _elsewhere);

    /// <summary>Waits in virtual time, to the tick.</summary>
    public Task Delay(TimeSpan time) => Task.Delay(time, TimeProvider);

    internal ScheduledItem Schedule(TimeSpan delay, Action<object?> action, object? state)
    {
        var item = new ScheduledItem(action, state, null);
        lock (_lock)
        {
            _timers.Enqueue(item, (_now + Math.Max(0, delay.Ticks), _order++));
            Monitor.Pulse(_lock);
        }

        return item;
    }

    internal void PostToContext(Action<object?> action, object? state) => Enqueue(new ScheduledItem(action, state, _context));

    /// <summary>Runs an action with the test code's context set, so that what it awaits continues as a step of its own.</summary>
    internal void WithContext(Action action)
    {
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_context);
        try
        {
            action();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    /// <summary>Runs an action when the code that runs now has given the thread back.</summary>
    internal void AtEndOfStep(Action action) => _endOfStep.Add(action);

    internal void DescribeWith(Func<string> description) => _descriptions.Add(description);

    /// <summary>Fails the run, even if no code awaits the task of the code at fault.</summary>
    internal SimulationException Misuse(string message)
    {
        var misuse = new SimulationException("Misuse of the transport: " + message);
        Interlocked.CompareExchange(ref _failure, misuse, null);
        return misuse;
    }

    /// <summary>Fails the run with an exception of code whose task is not awaited.</summary>
    internal void Fail(Exception error)
    {
        Interlocked.CompareExchange(ref _failure, error, null);
        Post(static _ => { }, null);
    }

    /// <summary>Keeps steps from running until the scope is disposed: for a change from any thread.</summary>
    internal Lock.Scope Hold() => _step.EnterScope();

    /// <summary>As <see cref="Hold"/>, for an operation of a connection.</summary>
    internal Lock.Scope Enter()
    {
        if (!IsCurrent && !SharesThreads)
        {
            throw Misuse("called from outside the connection's executor; await Executor.Resume() first.");
        }

        return _step.EnterScope();
    }

    private void Enqueue(ScheduledItem item)
    {
        // Of other threads later: behind those of the step that runs now, in whatever order the two come.
        var queue = SharesThreads && !IsCurrent ? _foreign : _ready;
        lock (_lock)
        {
            queue.Enqueue(item);
            Monitor.Pulse(_lock);
        }
    }

    private void Step(ScheduledItem item)
    {
        SynchronizationContext.SetSynchronizationContext(item.Context);
        using (_step.EnterScope())
        {
            item.Invoke();
            foreach (var action in _endOfStep)
            {
                action();
            }

            _endOfStep.Clear();
        }

        if (_failure is { } failure)
        {
            throw new SimulationException(failure.Message, failure);
        }
    }

    private ScheduledItem Next(long timeLimit)
    {
        while (true)
        {
            lock (_lock)
            {
                var elsewhere = Volatile.Read(ref _elsewhere) > 0;
                while (_foreign.TryDequeue(out var foreign))
                {
                    _ready.Enqueue(foreign);
                }

                if (_ready.TryDequeue(out var item))
                {
                    return item;
                }

                if (elsewhere || !IsTimeForPool())
                {
                    if (!elsewhere && TryTakeTimer(timeLimit, out item))
                    {
                        return item;
                    }

                    if (!elsewhere && PoolActivity.IsQuiet && TakeIdle(out item))
                    {
                        return item;
                    }

                    if (!Monitor.Wait(_lock, elsewhere ? LongestAbsence : IdleGrace) && _ready.Count + _foreign.Count == 0)
                    {
                        if (!elsewhere && TakeIdle(out item))
                        {
                            return item;
                        }

                        throw Stuck(elsewhere ? $"code outside of the simulation has not ended within {LongestAbsence} of real time" : "nothing is left to run, and no timer is set");
                    }

                    if (SharesThreads)
                    {
                        return new ScheduledItem(static _ => { }, null, null);
                    }

                    continue;
                }
            }

            PoolActivity.RunRounds();
        }
    }

    private bool IsTimeForPool()
    {
        while (_timers.TryPeek(out var item, out var at))
        {
            if (item.IsCancelled)
            {
                _timers.Dequeue();
                continue;
            }

            if (at.Due - _waitedForPool < PoolInterval.Ticks)
            {
                return false;
            }

            _waitedForPool = at.Due;
            return true;
        }

        return false;
    }

    private bool TryTakeTimer(long timeLimit, [MaybeNullWhen(false)] out ScheduledItem taken)
    {
        while (_timers.TryDequeue(out var item, out var at))
        {
            if (item.IsCancelled)
            {
                continue;
            }

            if (at.Due > timeLimit)
            {
                throw Stuck($"the time limit of {MaxVirtualTime} of virtual time is over");
            }

            Volatile.Write(ref _now, Math.Max(_now, at.Due));
            taken = item;
            return true;
        }

        taken = null;
        return false;
    }

    private bool TakeIdle([MaybeNullWhen(false)] out ScheduledItem taken)
    {
        taken = _idle is null ? null : new ScheduledItem(static idle => ((TaskCompletionSource)idle!).SetResult(), _idle, null);
        _idle = null;
        return taken is not null;
    }

    private SimulationException Stuck(string why)
    {
        var message = new StringBuilder($"The simulation is stuck at {Elapsed}: {why}, and the test's task is not complete.");
        foreach (var description in _descriptions)
        {
            message.AppendLine().Append(description());
        }

        return new SimulationException(message.ToString());
    }
}
