using System.Runtime.CompilerServices;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Namerd.Requests;
using Linkerd.Tcp.Namerd.Servers;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Namerd;

/// <summary>
/// Resolves names through the HTTP interface of namerd 0.7.4 to 1.7.5, in one of the <see cref="NamerdMode"/>s: by default the tree of a name
/// (<c>/api/1/bind</c>) and the addresses of each of its leaves (<c>/api/1/addr</c>), both watched (<c>watch=true</c>), or polled if the server does not
/// stream. Members may be called from any thread. Watches of the same name or of the same leaf share one watch of namerd.
/// <para>
/// A watch is renewed when it reaches <see cref="NamerdOptions.MaxStreamAge"/>: a second one is opened, at another namerd if there is one, its first event applied,
/// then the first one closed. Between renewals both requests are sent again without <c>watch</c> every <see cref="NamerdOptions.Interval"/>, so that a stale watch
/// is noticed; but not in <see cref="NamerdMode.Resolve"/>, as each evaluation draws one branch of a union again.
/// </para>
/// <para>
/// Every failure (nothing listens, an error, a timeout, an answer that cannot be read) is a <see cref="Resolution.Failed"/>, yielded once until the state
/// changes. If there are several namerds, the next one is tried at once; if there is no other, namerd is tried again after a jittered back-off of 1 s
/// doubling to 60 s, or to the interval if that is shorter, but no less than 4 s. It starts over after a good answer. While no namerd can be reached, or none answers as namerd does, one
/// request at a time finds out for all names whether one is back, after 1 s doubling to 10 s. A poll that gets no answer in time is a
/// <see cref="Resolution.Pending"/>, since namerd sends no answer before the state is known.
/// </para>
/// </summary>
public sealed class NamerdResolver : IResolver, IInterpreter, IAsyncDisposable
{
    private readonly NamerdOptions _options;
    private readonly NamerdServers _servers;
    private readonly NamerdInterpreter _interpreter;
    private readonly InterpreterResolver _resolver;
    private readonly CancellationTokenSource _disposed = new();

    /// <summary>Initializes a resolver. No connection is made before a name is watched.</summary>
    /// <exception cref="InvalidOptionsException">
    /// An option is not valid; the message contains it and the expected value. So also a <see cref="NamerdOptions.Dtab"/> that is too long for a request.
    /// </exception>
    public NamerdResolver(NamerdOptions options)
        : this(options, wrap: null, lookup: null)
    {
    }

    /// <summary>For tests: with a stream between the connections and HTTP, and another DNS.</summary>
    internal NamerdResolver(NamerdOptions options, Func<Stream, Stream>? wrap, IHostLookup? lookup = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options = OptionsValidator.Validated(options.Copy(), static (options, validator) => options.Validate(validator));
        var logger = options.LoggerFactory.CreateLogger("Linkerd.Tcp.Namerd");
        _options = options;
        _servers = new NamerdServers(options, logger, lookup ?? new LocalInterpreterOptions().HostLookup, wrap);
        _interpreter = new NamerdInterpreter(options, _servers, logger);
        _resolver = new InterpreterResolver(_interpreter);
    }

    /// <summary>Gets the state of each namerd; one whose host name was not looked up yet is not among them.</summary>
    public IReadOnlyList<NamingServerSnapshot> Servers => _servers.Snapshot();

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The resolver was disposed.</exception>
    public IAsyncEnumerable<Resolution> WatchAsync(DstPath name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        return UntilDisposedAsync(stopped => _resolver.WatchAsync(name, stopped), cancellationToken);
    }

    /// <summary>
    /// Watches the tree that namerd binds a name to. In <see cref="NamerdMode.Resolve"/> that is the name itself, as a leaf. Otherwise as
    /// <see cref="IInterpreter.BindAsync"/>.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The resolver was disposed.</exception>
    public IAsyncEnumerable<NameBinding> BindAsync(DstPath name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        return UntilDisposedAsync(stopped => _interpreter.BindAsync(name, stopped), cancellationToken);
    }

    /// <summary>
    /// Watches the addresses of a leaf of such a tree. The first state may be the one that came with the tree, until namerd has answered about the leaf itself.
    /// Otherwise as <see cref="IInterpreter.ResolveIdAsync"/>.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The resolver was disposed.</exception>
    public IAsyncEnumerable<Resolution> ResolveIdAsync(DstPath id, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(id);
        return UntilDisposedAsync(stopped => _interpreter.ResolveIdAsync(id, stopped), cancellationToken);
    }

    /// <summary>
    /// Requests from namerd once how it binds a name, step by step (<c>/api/1/delegate</c>), with <see cref="NamerdOptions.Dtab"/> appended. Each namerd is tried at
    /// most once, for <see cref="NamerdOptions.RequestTimeout"/> each.
    /// </summary>
    /// <returns>The JSON document of namerd, unchanged.</returns>
    /// <exception cref="IOException">There is no good answer; the message is the reason, a whole sentence for a user.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The resolver was disposed.</exception>
    public async Task<ReadOnlyMemory<byte>> DelegateAsync(DstPath name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        return await new SingleRequest(_options, _servers, new NamerdRequest(_options, "delegate", name)).AskAsync(stop.Token).ConfigureAwait(false);
    }

    /// <summary>Returns a description for a log: the addresses of namerd, the namespace, and the mode.</summary>
    public override string ToString() =>
        $"namerd at {string.Join(", ", _options.BaseAddresses.Select(address => address.Authority))} (namespace {_options.Namespace}, "
        + $"{_options.Mode switch { NamerdMode.Poll => "polled", NamerdMode.Resolve => "resolve watched", _ => "watched" }}"
        + $"{(_options.Dtab.Entries.IsEmpty ? string.Empty : $", with the dtab {_options.Dtab}")})";

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

    private async IAsyncEnumerable<TState> UntilDisposedAsync<TState>(
        Func<CancellationToken, IAsyncEnumerable<TState>> watch, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        await foreach (var state in watch(stop.Token).ConfigureAwait(false))
        {
            yield return state;
        }
    }
}
