using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp;

/// <summary>
/// Copies bytes both ways between two connections until both directions have ended. One instance serves any number of copies, on any threads.
/// Both connections belong to the copy from the call on, and are closed when it ends.
/// </summary>
/// <remarks>
/// <para>A FIN read from one side is sent to the other after everything before it, and the other direction goes on, under its own
/// half-close timeout. A RST read from one side becomes a RST to the other, after the other has acknowledged the bytes before it.
/// Every end other than by two FINs resets both connections, so that a cut stream never looks complete.</para>
/// <para>A direction holds at most one window of bytes (<see cref="TcpOptions.WindowSize"/>), and none while it waits for some.
/// A slow reader stops its fast writer and no other connection.</para>
/// </remarks>
public sealed class DuplexProxy
{
    private readonly DuplexOptions _options;
    private readonly IRandomSource _random;

    /// <summary>Initializes a proxy.</summary>
    /// <param name="options">The limits of each copy; copied; default: those of <see cref="DuplexOptions"/>.</param>
    /// <param name="random">The generator of the jitter of <see cref="DuplexOptions.Lifetime"/>, which is used under a lock on itself; default: a fast one that all threads share.</param>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public DuplexProxy(DuplexOptions? options = null, Random? random = null)
        : this(RandomSource.Of(random), options)
    {
    }

    internal DuplexProxy(IRandomSource random, DuplexOptions? options)
    {
        _options = OptionsValidator.Validated((options ?? new()).Copy(), static (options, validator) => options.Validate(validator));
        _random = random;
    }

    /// <summary>
    /// Copies between two connections of any transports. Bytes that a connection has received and that were not consumed go first.
    /// <c>TransportConnection.From</c> creates a connection over a socket, a stream or a pipe.
    /// </summary>
    /// <param name="client">The connection of the peer that connected to this process.</param>
    /// <param name="server">The connection of the peer that this process connected to.</param>
    /// <param name="control">Counters of the running copy, and the handle to end it; optional.</param>
    /// <param name="cancellationToken">Ends the copy: both connections are reset, and the result has <see cref="ClosedBy.Operator"/>. No exception is thrown for it.</param>
    /// <returns>
    /// The end of the copy. It never throws because of a peer, the network, a stream or a pipe. An exception that another implementation of <see cref="TransportConnection"/> throws, against its
    /// contract, ends the copy and is thrown here, once both connections are closed.
    /// </returns>
    public ValueTask<DuplexResult> RunAsync(TransportConnection client, TransportConnection server, DuplexControl? control = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(server);
        control ??= new DuplexControl();
        var completion = new DuplexCompletion();
        if (cancellationToken.CanBeCanceled)
        {
            completion.EndWith(control, cancellationToken);
        }

        Start(client, server, control, completion);
        return completion.Task;
    }

    /// <summary>Starts a copy whose owner is notified of its end.</summary>
    /// <param name="client">The client's connection.</param>
    /// <param name="server">The server's connection.</param>
    /// <param name="control">The control.</param>
    /// <param name="owner">The owner.</param>
    /// <param name="replacement">
    /// For a server connection that was made before it was needed: one that ends before a byte came from it and before a byte of the client was sent to it is replaced once, unseen.
    /// Null for any other.
    /// </param>
    internal void Start(TransportConnection client, TransportConnection server, DuplexControl control, IDuplexOwner owner, IServerReplacement? replacement = null) =>
        new DuplexRun(client, server, _options, _random, control, owner, replacement).Start();
}
