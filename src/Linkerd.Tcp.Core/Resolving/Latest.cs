namespace Linkerd.Tcp.Resolving;

/// <summary>A value that is replaced now and then: a reader takes the latest one, and a task ends when it is replaced. Any thread.</summary>
/// <param name="value">The first value.</param>
internal sealed class Latest<T>(T value)
{
    private readonly Lock _lock = new();
    private T _value = value;
    private TaskCompletionSource _replaced = NewSignal();

    /// <summary>The value, and a task that ends when it is replaced.</summary>
    public (T Value, Task Replaced) Read()
    {
        lock (_lock)
        {
            return (_value, _replaced.Task);
        }
    }

    /// <summary>Replaces the value by one made of it.</summary>
    public void Update(Func<T, T> change)
    {
        TaskCompletionSource replaced;
        lock (_lock)
        {
            _value = change(_value);
            replaced = _replaced;
            _replaced = NewSignal();
        }

        replaced.SetResult();
    }

    // Readers continue elsewhere: the caller of an update may hold a lock.
    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
