using System.Runtime.InteropServices;

namespace Linkerd.Tcp.Cli;

/// <summary>SIGTERM and SIGINT: the first one asks for a drain, the second one for an end at once.</summary>
internal sealed class TerminationSignals : IDisposable
{
    private readonly CancellationTokenSource _drain = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _received;

    /// <summary>Takes the two signals over from the runtime, which would end the process.</summary>
    public TerminationSignals()
    {
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
        ];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Drain => _drain.Token;

    /// <summary>Cancelled by the second signal.</summary>
    public CancellationToken Abort => _abort.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _drain.Dispose();
        _abort.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        (Interlocked.Increment(ref _received) == 1 ? _drain : _abort).Cancel();
    }
}
