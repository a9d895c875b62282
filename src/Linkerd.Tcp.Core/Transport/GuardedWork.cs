using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Transport;

/// <summary>Work for the thread pool whose exceptions are logged: there, an unhandled one ends the process.</summary>
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
