using System.Net;
using System.Runtime.InteropServices;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>
/// The Linux engine: event loops on epoll, one thread each. A connection, the connections that are made near it, and all that is done with them live on
/// one loop; code that awaits them goes on there, inline. A copy between two connections of one loop holds no buffer while it waits, and moves
/// bulk without copying it (splice).
/// </summary>
/// <remarks>
/// <para>Code that runs on a loop holds up every connection of that loop: it must not block. A loop that is stuck is logged.</para>
/// <para>Operations may be called from any thread, at the price of a hop to the loop; <see cref="TransportExecutor.Resume"/> goes there once.</para>
/// <para>Unix-domain sockets have no RST: a peer sees an aborted connection as reset only if it had sent something that was not read.</para>
/// </remarks>
internal sealed class EpollTransport : ITransport
{
    private readonly EpollLoop[] _loops;
    private readonly LoopWatchdog _watchdog;
    private readonly PipeAllowance _pipes = new(FileDescriptorLimit.PipesAllowed);
    private int _disposed;

    /// <summary>Initializes an engine and starts its loops.</summary>
    /// <exception cref="PlatformNotSupportedException">This is not Linux on x64 or arm64.</exception>
    /// <exception cref="TransportException">The kernel refuses an epoll instance; the message contains the reason.</exception>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public EpollTransport(TransportOptions? options = null)
    {
        options = OptionsValidator.Validated((options ?? new()).Copy(), static (options, validator) => options.Validate(validator));
        if (!IsSupported)
        {
            throw new PlatformNotSupportedException("The epoll engine runs on Linux, on x64 and arm64; elsewhere use the sockets engine.");
        }

        var count = options.Loops ?? Environment.ProcessorCount;
        Logger = GuardedLogger.Create(options.LoggerFactory ?? NullLoggerFactory.Instance, "Linkerd.Tcp.Transport");
        var loops = new List<EpollLoop>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                loops.Add(new EpollLoop(i, _pipes, Logger));
            }
        }
        finally
        {
            // The loops of an incomplete set end at once.
            foreach (var loop in loops)
            {
                if (loops.Count < count)
                {
                    loop.Stop();
                }

                loop.Start();
            }
        }

        _loops = [.. loops];
        _watchdog = new LoopWatchdog(_loops, options.StuckAfter, Logger);
        if (options.Meter is { } meter)
        {
            LoopInstruments.Create(meter, _loops);
        }
    }

    /// <summary>True if this engine is supported here: Linux on x64 and arm64.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    /// <inheritdoc/>
    public string Name => "epoll";

    IReadOnlyList<LoopSnapshot> ITransport.Loops => [.. _loops.Select(static loop => new LoopSnapshot { Index = loop.Index, Connections = loop.Connections, Busy = loop.Load.BusyNow })];

    internal IReadOnlyList<EpollLoop> Loops => _loops;

    internal ILogger Logger { get; }

    /// <summary>The pipes that exist now.</summary>
    internal int PipesInUse => _pipes.Used;

    /// <inheritdoc/>
    public ValueTask<ITransportListener> ListenAsync(TransportListenOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        return new(EpollListener.Bind(this, OptionsValidator.Validated(options.Copy(), static (options, validator) => options.Validate(validator))));
    }

    /// <inheritdoc/>
    public ValueTask<ConnectResult> ConnectAsync(EndPoint to, TransportConnectOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(to);
        if (!EndPointKinds.AreConnectable(to))
        {
            return new(ConnectResult.Failed(ConnectFailure.Other, EndPointKinds.Explain(to)));
        }

        var loop = options.Executor is EpollLoop own && own.Index < _loops.Length && _loops[own.Index] == own ? own : Fewest();
        return loop.RentConnector().ConnectAsync(to, options, cancellationToken);
    }

    /// <summary>Ends the loops: every connection is reset, every listener closed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _watchdog.Dispose();
        foreach (var loop in _loops)
        {
            loop.Stop();
        }

        foreach (var loop in _loops)
        {
            if (!loop.IsCurrent)
            {
                await loop.Ended.ConfigureAwait(false);
            }
        }
    }

    /// <summary>Chooses the loop of a connection that a loop has accepted: the loop itself, unless another one has clearly fewer.</summary>
    internal EpollLoop LoopFor(EpollLoop accepting)
    {
        if (_loops.Length == 1)
        {
            return accepting;
        }

        var fewest = Fewest();
        var own = accepting.Connections;

        // A hand-over costs a wake-up; if many connections come and go, a small difference has no meaning.
        return own - fewest.Connections > Math.Max(1, own / 16) ? fewest : accepting;
    }

    private EpollLoop Fewest()
    {
        var fewest = _loops[0];
        foreach (var loop in _loops)
        {
            if (loop.Connections < fewest.Connections)
            {
                fewest = loop;
            }
        }

        return fewest;
    }
}
