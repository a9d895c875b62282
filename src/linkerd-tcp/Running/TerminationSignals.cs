using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli.Running;

/// <summary>
/// SIGTERM, SIGINT and SIGQUIT: the first one requests a drain, the second one an end at once. A server also has SIGHUP, which requests the same if the
/// terminal that it was started from is gone, and otherwise asks for a reload, and SIGUSR1, which asks to open logs again. SIGUSR2 is logged and ignored.
/// </summary>
internal sealed partial class TerminationSignals : IDisposable
{
    private readonly CancellationTokenSource _drain = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly ControllingTerminal _terminal = new();
    private int _received;

    private TerminationSignals() => Register(OnTermination, PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT);

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Drain => _drain.Token;

    /// <summary>Cancelled by the second signal.</summary>
    public CancellationToken Abort => _abort.Token;

    /// <summary>Occurs when an operator asks for a reload; without a handler the signal is logged and ignored. A handler must not block.</summary>
    public event Action? Reload;

    /// <summary>Gets or sets the handler of a request to open log files again (SIGUSR1), which must not block. If there is none, or it returns false, the signal is logged and ignored.</summary>
    public Func<bool>? Reopen { get; set; }

    /// <summary>Takes over the signals that request an end from the runtime, which would end the process at once.</summary>
    public static TerminationSignals OfCommand() => new();

    /// <summary>Takes over these and the ones that operators send to servers, which the system would end the process for. One that is ignored at start stays so (nohup).</summary>
    /// <param name="logger">The logger of signals that have no effect.</param>
    public static TerminationSignals OfServer(ILogger logger)
    {
        var signals = new TerminationSignals();
        signals.Register(context => signals.OnHangUp(context, logger), PosixSignal.SIGHUP);
        if (!OperatingSystem.IsWindows())
        {
            // signal(7): the numbers of Linux on x64 and arm64, and those of the BSDs.
            var (first, second) = OperatingSystem.IsLinux() ? (10, 12) : (30, 31);
            signals.Register(context => Raise(signals.Reopen, context, logger, "SIGUSR1"), (PosixSignal)first);
            signals.Register(context => Ignore(context, logger, "SIGUSR2"), (PosixSignal)second);
        }

        return signals;
    }

    /// <summary>Requests a drain, as the first signal does; a signal after it is the second one.</summary>
    public void RequestDrain()
    {
        Interlocked.CompareExchange(ref _received, 1, 0);
        _drain.Cancel();
    }

    /// <summary>Requests an end at once, as the second signal does.</summary>
    public void RequestAbort()
    {
        RequestDrain();
        _abort.Cancel();
    }

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

    private static void Raise(Func<bool>? handler, PosixSignalContext context, ILogger logger, string signal)
    {
        if (handler?.Invoke() == true)
        {
            context.Cancel = true;
        }
        else
        {
            Ignore(context, logger, signal);
        }
    }

    private static void Ignore(PosixSignalContext context, ILogger logger, string signal)
    {
        context.Cancel = true;
        Log.Ignored(logger, signal);
    }

    private void Register(Action<PosixSignalContext> handler, params ReadOnlySpan<PosixSignal> signals)
    {
        foreach (var signal in signals)
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, handler));
        }
    }

    private void OnTermination(PosixSignalContext context)
    {
        context.Cancel = true;
        (Interlocked.Increment(ref _received) == 1 ? _drain : _abort).Cancel();
    }

    private bool TryReload()
    {
        Reload?.Invoke();
        return Reload is not null;
    }

    // The kernel and shells send it when the terminal goes (setpgid(2), bash(1) SIGNALS), operators to have a configuration read again.
    private void OnHangUp(PosixSignalContext context, ILogger logger)
    {
        if (!_terminal.IsGone)
        {
            Raise(TryReload, context, logger, "SIGHUP");
            return;
        }

        // Both the kernel and the shell may send one, and the second must not end a drain.
        context.Cancel = true;
        Log.TerminalGone(logger);
        _drain.Cancel();
        Interlocked.CompareExchange(ref _received, 1, 0);
    }

    private static partial class Log
    {
        [LoggerMessage(9011, LogLevel.Warning, "{Signal} means nothing here, and is ignored; SIGTERM stops the proxy", EventName = "SignalIgnored")]
        public static partial void Ignored(ILogger logger, string signal);

        [LoggerMessage(9012, LogLevel.Information, "the terminal is gone (SIGHUP)", EventName = "TerminalGone")]
        public static partial void TerminalGone(ILogger logger);
    }
}
