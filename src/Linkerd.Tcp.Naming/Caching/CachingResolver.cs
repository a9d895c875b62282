using System.Runtime.CompilerServices;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Naming.Caching;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Naming;

/// <summary>
/// Stores the last resolution of each name on disk, and returns it, marked <see cref="Resolution.Bound.IsStale"/>, if the inner resolver has no
/// good answer at the start, so that a proxy that restarts during an outage of the control plane still serves. Later answers of the inner resolver are passed on.
/// Any thread.
/// </summary>
/// <remarks>
/// A file is written beside its place and renamed, so it is always complete. Errors of the disk are logged, and have no other effect.
/// Only sets of IP addresses are stored.
/// </remarks>
public sealed class CachingResolver : IResolver
{
    private readonly IResolver _inner;
    private readonly CachingResolverOptions _options;

    /// <summary>Initializes a resolver. Nothing is read or written before a name is watched.</summary>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public CachingResolver(IResolver inner, CachingResolverOptions options)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(options);
        _inner = inner;
        _options = OptionsValidator.Validated(options.Copy(), static (options, validator) => options.Validate(validator));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Resolution> WatchAsync(DstPath name, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        var file = new ResolutionFile(_options, name);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var answers = _inner.WatchAsync(name, stop.Token).GetAsyncEnumerator(stop.Token);
        var next = answers.MoveNextAsync().AsTask();
        var writer = new ResolutionWriter(file, _options);
        try
        {
            if (file.Read() is { } remembered)
            {
                var waited = Task.Delay(_options.Wait, _options.TimeProvider, stop.Token);
                while (await Task.WhenAny(next, waited).ConfigureAwait(false) == next && await next.ConfigureAwait(false) && answers.Current is Resolution.Pending)
                {
                    next = answers.MoveNextAsync().AsTask();
                }

                cancellationToken.ThrowIfCancellationRequested();
                if (!(next.IsCompletedSuccessfully && answers.Current is Resolution.Bound))
                {
                    yield return remembered;
                }
            }

            while (await next.ConfigureAwait(false))
            {
                var answer = answers.Current;
                if (answer is Resolution.Bound { IsStale: false } bound)
                {
                    writer.Put(bound.Endpoints);
                }

                yield return answer;
                next = answers.MoveNextAsync().AsTask();
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await answers.DisposeAsync().ConfigureAwait(false);
            await writer.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Returns a description for a log.</summary>
    public override string ToString() => $"{_inner}, remembered in {_options.Directory}";
}
