using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Namerd;

/// <summary>
/// Resolves names through the HTTP interface of namerd 0.7.4 to 1.7.5: <c>/api/1/resolve</c>, watched by default (<c>watch=true</c>), polled where the
/// options say so or where what answers does not stream. Any thread; each enumeration is a watch of its own.
/// <para>
/// A watch is renewed every 10 intervals: a second one is opened, its first event applied, then the first one closed. Polls never run beside
/// a watch, as each evaluation draws one branch of a union anew.
/// </para>
/// <para>
/// Every trouble (nothing listens, an error, a timeout, an answer that cannot be read) is a <see cref="Resolution.Failed"/>, given once until something else
/// is the case, and namerd is asked again after a jittered back-off of 1 s doubling to 60 s, or to the interval where that is shorter. It starts over after a
/// good answer. A poll that gets no answer in time is a <see cref="Resolution.Pending"/>, since namerd says nothing until it knows.
/// </para>
/// </summary>
public sealed class NamerdResolver : IResolver, IAsyncDisposable
{
    private readonly NamerdOptions _options;
    private readonly HttpMessageInvoker _http;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _disposed = new();

    /// <summary>Makes a resolver. Nothing is connected to until a name is watched.</summary>
    /// <exception cref="ArgumentException">An option is not valid; the message says which, and what was expected.</exception>
    public NamerdResolver(NamerdOptions options)
        : this(options, wrap: null)
    {
    }

    /// <summary>For tests: with something between the connections and HTTP.</summary>
    internal NamerdResolver(NamerdOptions options, Func<Stream, Stream>? wrap)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _http = NamerdConnections.Create(options, wrap);
        _logger = options.LoggerFactory.CreateLogger("Linkerd.Tcp.Namerd");
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The resolver was disposed.</exception>
    public async IAsyncEnumerable<Resolution> ResolveAsync(DstPath name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        var mailbox = new ResolutionMailbox();
        var client = new NamerdClient(_http, _options, new NamerdRequest(_options, name));
        var session = new NameSession(client, _options, new NameReport(client, _options, _logger, mailbox));
        var running = session.RunAsync(stop.Token);
        try
        {
            while (true)
            {
                yield return await mailbox.TakeAsync(stop.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What it is, for a log: where namerd is, in which namespace names are resolved, and how they are kept up to date.</summary>
    public override string ToString() =>
        $"namerd at {_options.BaseAddresses[0].Authority} (namespace {_options.Namespace}, {(_options.Mode == NamerdMode.Poll ? "polled" : "watched")})";

    /// <summary>Ends every watch, with an <see cref="OperationCanceledException"/> to its consumer, and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_disposed.IsCancellationRequested)
        {
            await _disposed.CancelAsync().ConfigureAwait(false);
            _http.Dispose();
        }
    }
}
