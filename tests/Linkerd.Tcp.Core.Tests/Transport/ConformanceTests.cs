using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

/// <summary>What every engine behind the seam must do. A test gets a bed to stand on, and may be run several times.</summary>
public abstract class ConformanceTests
{
    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    protected abstract Task RunAsync(Func<TransportBed, Task> test);

    /// <summary>Runs a session's code as an engine would, and checks where each part of it goes on.</summary>
    private protected static async Task OnExecutorOf(TransportConnection connection, Func<Task> code)
    {
        await connection.Executor.Resume();
        Assert.True(connection.Executor.IsCurrent);
        await code();
        Assert.True(connection.Executor.IsCurrent);
    }

    private protected sealed class Bell(TransportExecutor executor) : ITimerHandler
    {
        private readonly TaskCompletionSource<long> _rings = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _count;

        public Task<long> Rings => _rings.Task;

        public int Count => Volatile.Read(ref _count);

        public bool WasOnExecutor { get; private set; } = true;

        public void OnTimer()
        {
            WasOnExecutor &= executor.IsCurrent;
            Interlocked.Increment(ref _count);
            _rings.TrySetResult(executor.TimeProvider.GetTimestamp());
        }
    }
}

/// <summary>What every connection must do, also with a layer over it.</summary>
public abstract partial class ConnectionConformanceTests : ConformanceTests;

/// <summary>What listening and connecting must do.</summary>
public abstract partial class ListenerConformanceTests : ConformanceTests;

/// <summary>What a connection over TCP must do besides: resets and acknowledgements. Unix-domain sockets have none of them.</summary>
public abstract partial class TcpConnectionConformanceTests : ConnectionConformanceTests;
