using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net.Sockets;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Adapters;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp;

/// <summary>
/// Copies bytes both ways between two connections until both directions have ended. One instance serves any number of copies, on any threads.
/// Both connections belong to the copy from the call on, and are closed when it ends.
/// </summary>
/// <remarks>
/// <para>A FIN read from one side is sent to the other after everything before it, and the other direction goes on, under its own
/// half-close timeout. A RST read from one side becomes a RST to the other, after the other has acknowledged what came before it.
/// Every end other than by two FINs resets both connections, so that a cut stream never looks complete.</para>
/// <para>A direction holds at most one window of bytes (<see cref="TcpOptions.WindowSize"/>), and none while it waits for some.
/// A slow reader stops the fast writer and nobody else.</para>
/// </remarks>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "The Sockets engine holds nothing.")]
public sealed class DuplexProxy
{
    private readonly DuplexOptions _options;
    private readonly TcpOptions _tcp;
    private readonly IRandomSource _random;
    private readonly TimeProvider _timeProvider;
    private readonly SocketsTransport _sockets;
    private readonly AdapterLog _log;

    /// <summary>Makes a proxy.</summary>
    /// <param name="options">The limits of each copy; copied; default: those of <see cref="DuplexOptions"/>.</param>
    /// <param name="random">Where the jitter of <see cref="DuplexOptions.Lifetime"/> comes from.</param>
    /// <param name="timeProvider">The clock for sockets, streams and pipes; a <see cref="TransportConnection"/> brings its own.</param>
    /// <param name="tcp">The window of sockets and streams, copied; a <see cref="TransportConnection"/> brings its own.</param>
    /// <param name="loggerFactory">
    /// Where to log what a stream or a pipe throws that is none of the exceptions by which it tells of its peer's end; default: nowhere. Category <c>Linkerd.Tcp.Transport</c>.
    /// </param>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public DuplexProxy(DuplexOptions? options = null, IRandomSource? random = null, TimeProvider? timeProvider = null, TcpOptions? tcp = null, ILoggerFactory? loggerFactory = null)
    {
        _options = OptionsValidator.Validated((options ?? new()).Copy(), static (options, validator) => options.Validate(validator));
        _random = random ?? RandomSource.Shared;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _tcp = OptionsValidator.Validated((tcp ?? new()).Copy(), static (tcp, validator) => tcp.Validate(validator), nameof(tcp));
        _sockets = new SocketsTransport(_timeProvider, loggerFactory);
        _log = new AdapterLog(GuardedLogger.Create(loggerFactory ?? NullLoggerFactory.Instance, "Linkerd.Tcp.Transport"), _timeProvider);
    }

    /// <summary>Copies between two connections of any transports. What a connection has received and not consumed goes first.</summary>
    /// <param name="client">Who connected to us.</param>
    /// <param name="server">Whom we connected to.</param>
    /// <param name="control">Counters to look at meanwhile, and the handle to end the copy; optional.</param>
    /// <returns>
    /// How it ended. It never throws for what a peer, the network, a stream or a pipe does. What a <see cref="TransportConnection"/> of somebody else's throws, against its
    /// contract, ends the copy and is thrown here, once both connections are closed.
    /// </returns>
    public ValueTask<DuplexResult> RunAsync(TransportConnection client, TransportConnection server, DuplexControl? control = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(server);
        var completion = new DuplexCompletion();
        Start(client, server, control ?? new DuplexControl(), completion);
        return completion.Task;
    }

    /// <summary>Copies between two connected stream sockets.</summary>
    /// <exception cref="ArgumentException">One of them is not a connected stream socket.</exception>
    /// <inheritdoc cref="RunAsync(TransportConnection, TransportConnection, DuplexControl?)"/>
    public ValueTask<DuplexResult> RunAsync(Socket client, Socket server, DuplexControl? control = null)
    {
        // Both before either is taken over.
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(server);
        SocketsTransport.CheckSocket(client, nameof(client));
        SocketsTransport.CheckSocket(server, nameof(server));
        return RunAsync(_sockets.FromSocket(client, _tcp.WindowSize), _sockets.FromSocket(server, _tcp.WindowSize), control);
    }

    /// <summary>
    /// Copies between two streams. The end of a stream is its FIN, an <see cref="IOException"/> its RST, and so is whatever else it throws, which is logged (5014). A <see cref="NetworkStream"/> sends its FIN
    /// with a shutdown, a <see cref="System.Net.Security.SslStream"/> with a close_notify; any other stream cannot half-close,
    /// and is closed when both directions are done. A RST closes the stream; that of a <see cref="NetworkStream"/> becomes one on the wire.
    /// </summary>
    /// <inheritdoc cref="RunAsync(TransportConnection, TransportConnection, DuplexControl?)"/>
    public ValueTask<DuplexResult> RunAsync(Stream client, Stream server, DuplexControl? control = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(server);
        return RunAsync(new StreamConnection(client, _timeProvider, _tcp.WindowSize, _log), new StreamConnection(server, _timeProvider, _tcp.WindowSize, _log), control);
    }

    /// <summary>
    /// Copies between two pipes. A writer that is completed is a FIN, one that is completed with an exception a RST, in both directions.
    /// A reader that is completed is a peer that has reset the connection. A pipe does not tell what its reader has consumed, and drops what was not
    /// when its writer is completed with an exception; so a RST is passed on when the bytes before it are in the pipe. What a reader or a writer throws ends
    /// the copy as a RST does, and is logged (5014) unless it is how such things tell that an end is gone.
    /// </summary>
    /// <inheritdoc cref="RunAsync(TransportConnection, TransportConnection, DuplexControl?)"/>
    public ValueTask<DuplexResult> RunAsync(IDuplexPipe client, IDuplexPipe server, DuplexControl? control = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(server);
        return RunAsync(new PipeConnection(client, _timeProvider, _log), new PipeConnection(server, _timeProvider, _log), control);
    }

    /// <summary>Starts a copy whose owner is told of its end.</summary>
    internal void Start(TransportConnection client, TransportConnection server, DuplexControl control, IDuplexOwner owner) =>
        new DuplexRun(client, server, _options, _random, control, owner).Start();

    /// <summary>
    /// Starts a copy whose server connection was made before it was needed: one that ends before a byte came from it and before a byte of the client
    /// was sent to it is replaced once, unseen.
    /// </summary>
    internal void Start(TransportConnection client, TransportConnection server, DuplexControl control, IDuplexOwner owner, IServerReplacement replacement) =>
        new DuplexRun(client, server, _options, _random, control, owner, replacement).Start();
}
