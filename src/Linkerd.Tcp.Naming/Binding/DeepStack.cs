using System.Runtime.ExceptionServices;

namespace Linkerd.Tcp.Naming.Binding;

/// <summary>A stack for nesting that is deeper than the caller's stack allows: the size of a thread's stack is set by <c>ulimit -s</c>, and may be a few pages.</summary>
internal static class DeepStack
{
    // The size that the budget of a binding can need, with some to spare; only the used part takes memory.
    private const int Bytes = 32 << 20;

    /// <summary>Runs a function on a thread of its own, and waits for it.</summary>
    public static T Run<T>(Func<T> function)
    {
        T? result = default;
        ExceptionDispatchInfo? error = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    result = function();
                }
                catch (Exception e)
                {
                    error = ExceptionDispatchInfo.Capture(e);
                }
            },
            Bytes)
        {
            IsBackground = true,
            Name = "deep stack",
        };
        thread.Start();
        thread.Join();
        error?.Throw();
        return result!;
    }
}
