using System.Runtime.CompilerServices;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Mesh.Delegation;
using Linkerd.Tcp.Namerd.Mesh.Servers;
using Linkerd.Tcp.Namerd.Mesh.Watching;
using Linkerd.Tcp.Namerd.Protocol;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Namerd.Mesh;

/// <summary>
/// Resolves names through the gRPC interface of namerd 0.9.1 to 1.7.5 (<c>io.l5d.mesh</c>): a stream of the tree that a name is bound to, and one of the addresses
/// of each of its leaves, shared between names. All streams to one namerd go over one HTTP/2 connection, as far as namerd allows. Members may be called from any thread; each enumeration
/// is a watch of its own.
/// <para>
/// Every failure is a state <c>Failed</c>, yielded once until the state changes; the last set is to be kept. A name that namerd
/// cannot bind or look up is requested again after a jittered back-off of 1 s doubling to 60 s; a namerd that cannot be reached, by one request for all streams,
/// after 1 s doubling to 10 s. A stream that ends after it had lived for a while is opened again within 250 ms. A name without an answer in time is <c>Pending</c>.
/// </para>
/// <para>Weights of addresses are those of namerd 1.7.0 and later; before that all are 1.</para>
/// </summary>
public sealed class MeshResolver : IResolver, IInterpreter, IAsyncDisposable
{
    private readonly MeshOptions _options;
    private readonly MeshServers _servers;
    private readonly ILogger _logger;
    private readonly InterpreterResolver _resolver;
    private readonly CancellationTokenSource _disposed = new();

    /// <summary>Initializes a resolver. No connection is made before a name is watched.</summary>
    /// <exception cref="InvalidOptionsException">An option is not valid; the message contains it and the expected value.</exception>
    public MeshResolver(MeshOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options = OptionsValidator.Validated(options.Copy(), static (options, validator) => options.Validate(validator));
        _servers = new MeshServers(options);
        _logger = options.LoggerFactory.CreateLogger("Linkerd.Tcp.Namerd");
        _resolver = new InterpreterResolver(this);
    }

    /// <summary>Gets the state of each namerd; one whose host name was not looked up yet is not among them.</summary>
    public IReadOnlyList<NamingServerSnapshot> Servers => _servers.Snapshot();

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The resolver was disposed.</exception>
    public IAsyncEnumerable<Resolution> WatchAsync(DstPath name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
        return UntilDisposedAsync(name, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The resolver was disposed.</exception>
    public IAsyncEnumerable<NameBinding> BindAsync(DstPath name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
        return WatchAsync(new MeshBindQuestion(_options, name), cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The resolver was disposed.</exception>
    public IAsyncEnumerable<Resolution> ResolveIdAsync(DstPath id, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(id);
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
        return WatchAsync(new MeshReplicasQuestion(id), cancellationToken);
    }

    /// <summary>Returns a description for a log: the addresses of namerd, and the namespace.</summary>
    public override string ToString() => $"namerd at {string.Join(", ", _options.Addresses)} (namespace {_options.Namespace})";

    /// <summary>Loads the certificates, keys and roots of TLS again, whether the files have changed or not. Changed files are also loaded without it, within 2 s.</summary>
    /// <param name="cancellationToken">Cancels the wait. Loading continues.</param>
    /// <returns>The problems of files that cannot be used, each with its path; empty if there are none. What was loaded before stays in use, and each problem is logged.</returns>
    public Task<IReadOnlyList<string>> ReloadCertificatesAsync(CancellationToken cancellationToken = default) => _servers.ReloadCertificatesAsync(cancellationToken);

    /// <summary>Ends every watch, with an <see cref="OperationCanceledException"/> to its consumer, and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_disposed.IsCancellationRequested)
        {
            await _disposed.CancelAsync().ConfigureAwait(false);
            _servers.Dispose();
        }
    }

    /// <summary>Requests from namerd once how it binds a name, step by step.</summary>
    /// <exception cref="MeshException">There is no good answer; the message contains the reason.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled, or the resolver disposed in the meantime.</exception>
    /// <exception cref="ObjectDisposedException">The resolver was disposed.</exception>
    internal async Task<DelegateTreeRsp> DelegateAsync(DstPath name, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        return await new MeshDelegation(_options, _servers, name).AskAsync(stop.Token).ConfigureAwait(false);
    }

    private async IAsyncEnumerable<Resolution> UntilDisposedAsync(DstPath name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        await foreach (var resolution in _resolver.WatchAsync(name, stop.Token).ConfigureAwait(false))
        {
            yield return resolution;
        }
    }

    private async IAsyncEnumerable<TState> WatchAsync<TMessage, TState>(
        MeshWatchRequest<TMessage, TState> question, [EnumeratorCancellation] CancellationToken cancellationToken)
        where TMessage : class
        where TState : class
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        var states = new LatestValue<TState>(question.RankOf);
        var reader = states.ReadAsync(stop.Token);
        var report = new MeshReport<TMessage, TState>(question, _options, _logger, states);
        var running = new MeshSession<TMessage, TState>(question, _servers, _options, report).RunAsync(stop.Token);
        try
        {
            await foreach (var state in reader.ConfigureAwait(false))
            {
                yield return state;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
