using System.Runtime.CompilerServices;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>The awaitable of <see cref="EpollLoop.Delay"/>.</summary>
internal readonly struct DelayAwaitable(EpollLoop loop, TimeSpan delay) : ICriticalNotifyCompletion
{
    private static readonly Action<object?> Invoke = static continuation => ((Action)continuation!)();

    public bool IsCompleted => false;

    public DelayAwaitable GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => loop.PostAfter(delay, Invoke, continuation);

    public void UnsafeOnCompleted(Action continuation) => loop.PostAfter(delay, Invoke, continuation);
}
