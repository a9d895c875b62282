using System.Runtime.ExceptionServices;

namespace Linkerd.Tcp.Naming.Binding;

/// <summary>A stack for what is nested deeper than the caller's stack allows: that of a thread is what <c>ulimit -s</c> says, and may be a few pages.</summary>
internal static class DeepStack
{
    // What the budget of a binding can need, with some to spare; only what is used takes memory.
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
