using System.Threading.Tasks.Sources;

namespace Linkerd.Tcp.Proxying;

/// <summary>The end of a copy as a task.</summary>
internal sealed class DuplexCompletion : IDuplexOwner, IValueTaskSource<DuplexResult>
{
    private ManualResetValueTaskSourceCore<DuplexResult> _completion;

    public ValueTask<DuplexResult> Task => new(this, _completion.Version);

    public void OnCopyEnded(in DuplexResult result, Exception? error)
    {
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
