using System.IO.Pipelines;
using System.Net.Sockets;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Adapters;
using Linkerd.Tcp.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp;

/// <summary>Creates connections over sockets, streams and pipes, and a stream over a connection. Any thread.</summary>
public static class TransportConnectionExtensions
{
    private static readonly SocketsTransport Default = new();

    extension(TransportConnection)
    {
        /// <summary>Creates a connection over a connected stream socket, which belongs to it from then on.</summary>
        /// <param name="socket">The socket.</param>
        /// <param name="tcp">The options, of which <see cref="TcpOptions.WindowSize"/> is used; default: those of <see cref="TcpOptions"/>.</param>
        /// <param name="timeProvider">The clock; default: the system's.</param>
        /// <param name="loggerFactory">The factory of the logger for exceptions of handlers, category <c>Linkerd.Tcp.Transport</c>; default: nothing is logged.</param>
        /// <returns>The connection.</returns>
        /// <exception cref="ArgumentException">The socket is not a connected stream socket.</exception>
        /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
        public static TransportConnection From(Socket socket, TcpOptions? tcp = null, TimeProvider? timeProvider = null, ILoggerFactory? loggerFactory = null)
        {
            ArgumentNullException.ThrowIfNull(socket);
            var transport = timeProvider is null && loggerFactory is null ? Default : new SocketsTransport(timeProvider, loggerFactory);
            return transport.FromSocket(socket, tcp);
        }

        /// <summary>
        /// Creates a connection over a stream, which belongs to it from then on. The end of the stream is its FIN, an <see cref="IOException"/> its RST; any
        /// other exception is a RST, too, and is logged (5014). A <see cref="NetworkStream"/> sends its FIN with a shutdown, a
        /// <see cref="System.Net.Security.SslStream"/> with a close_notify; any other stream cannot half-close, and is closed when the connection is. A RST
        /// closes the stream; that of a <see cref="NetworkStream"/> becomes a RST on the wire.
        /// </summary>
        /// <param name="stream">The stream.</param>
        /// <param name="tcp">The options, of which <see cref="TcpOptions.WindowSize"/> is used; default: those of <see cref="TcpOptions"/>.</param>
        /// <param name="timeProvider">The clock; default: the system's.</param>
        /// <param name="loggerFactory">
        /// The factory of the logger for exceptions of the stream that do not report its peer's end, category <c>Linkerd.Tcp.Transport</c>; default: nothing is logged.
        /// </param>
        /// <returns>The connection.</returns>
        /// <exception cref="ArgumentException">The stream cannot be both read and written.</exception>
        /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
        public static TransportConnection From(Stream stream, TcpOptions? tcp = null, TimeProvider? timeProvider = null, ILoggerFactory? loggerFactory = null)
        {
            ArgumentNullException.ThrowIfNull(stream);
            var clock = timeProvider ?? TimeProvider.System;
            var window = OptionsValidator.Validated(tcp ?? TcpOptions.Defaults, static (tcp, validator) => tcp.Validate(validator), nameof(tcp)).WindowSize;
            return new StreamConnection(stream, clock, window, LogOf(loggerFactory, clock));
        }

        /// <summary>
        /// Creates a connection over a pipe, which belongs to it from then on. A writer that is completed is a FIN, one that is completed with an exception a RST, in both directions.
        /// A reader that is completed is a peer that has reset the connection. A pipe does not report how much its reader has consumed, and drops the rest
        /// when its writer is completed with an exception; so a RST is passed on when the bytes before it are in the pipe. An exception of a reader or a writer ends
        /// the connection as a RST does, and is logged (5014) unless it reports that an end is gone.
        /// </summary>
        /// <param name="pipe">The pipe.</param>
        /// <param name="timeProvider">The clock; default: the system's.</param>
        /// <param name="loggerFactory">The factory of the logger for exceptions of the pipe, category <c>Linkerd.Tcp.Transport</c>; default: nothing is logged.</param>
        /// <returns>The connection.</returns>
        /// <exception cref="ArgumentException">The pipe has no reader or no writer.</exception>
        public static TransportConnection From(IDuplexPipe pipe, TimeProvider? timeProvider = null, ILoggerFactory? loggerFactory = null)
        {
            ArgumentNullException.ThrowIfNull(pipe);
            var clock = timeProvider ?? TimeProvider.System;
            return new PipeConnection(pipe, clock, LogOf(loggerFactory, clock));
        }
    }

    /// <summary>
    /// Returns a connection as a stream, which owns it from then on: disposing the stream disposes the connection. A FIN is the end of the stream, every other end an <see cref="IOException"/>. A read or
    /// write that is cancelled aborts the connection. One reader and one writer at a time.
    /// </summary>
    public static Stream AsStream(this TransportConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return new TransportStream(connection, connection);
    }

    private static AdapterLog LogOf(ILoggerFactory? loggerFactory, TimeProvider clock) =>
        new(GuardedLogger.Create(loggerFactory ?? NullLoggerFactory.Instance, "Linkerd.Tcp.Transport"), clock);
}
