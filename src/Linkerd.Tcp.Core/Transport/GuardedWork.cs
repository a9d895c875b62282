using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Transport;

/// <summary>Something for the thread pool whose exceptions are logged: there, one that nobody catches ends the process.</summary>
internal sealed class GuardedWork(Action<object?> action, object? state, ILogger logger) : IThreadPoolWorkItem
{
    public void Execute()
    {
        try
        {
            action(state);
        }
        catch (Exception error)
        {
            TransportLog.WorkThrew(logger, error);
        }
    }
}
