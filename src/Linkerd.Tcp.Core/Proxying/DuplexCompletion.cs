using System.Threading.Tasks.Sources;

namespace Linkerd.Tcp.Proxying;

/// <summary>The end of a copy as a task.</summary>
internal sealed class DuplexCompletion : IDuplexOwner, IValueTaskSource<DuplexResult>
{
    private ManualResetValueTaskSourceCore<DuplexResult> _completion;
    private CancellationTokenRegistration _cancellation;

    public ValueTask<DuplexResult> Task => new(this, _completion.Version);

    /// <summary>Lets a token end the copy. Before the copy starts.</summary>
    public void EndWith(DuplexControl control, CancellationToken cancellationToken) =>
        _cancellation = cancellationToken.UnsafeRegister(static control => ((DuplexControl)control!).TryEnd(new CloseReason(ClosedBy.Operator, ClosePhase.Data)), control);

    public void OnCopyEnded(in DuplexResult result, Exception? error)
    {
        // Not waited for: it may be what ends the copy.
        _cancellation.Unregister();
        if (error is null)
        {
            _completion.SetResult(result);
        }
        else
        {
            _completion.SetException(error);
        }
    }

    DuplexResult IValueTaskSource<DuplexResult>.GetResult(short token) => _completion.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<DuplexResult>.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource<DuplexResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);
}
