using System.Runtime.CompilerServices;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Resolving;

/// <summary>
/// Resolves every name to the addresses of a list of hosts, as one set of equal endpoints. Host names are looked up when a name is watched, and again every few seconds.
/// A host is left out until its first lookup has succeeded; it keeps its last addresses if a later one fails, and loses them if the host does not exist any more. If no host has
/// an address, the name is pending, negative or failed, according to the lookups. Members may be called from any thread.
/// </summary>
/// <remarks>An address of several hosts is one endpoint. For endpoints with weights, use a <see cref="StaticResolver"/> or a union of names.</remarks>
public sealed class HostResolver : IResolver
{
    private readonly HostAddress[] _hosts;
    private readonly HostResolverOptions _options;

    /// <summary>Initializes a resolver with the default options. Nothing is looked up before a name is watched.</summary>
    /// <param name="hosts">One or more hosts, each as <c>web-1:8080</c>, <c>10.0.0.1:8080</c> or <c>[2001:db8::1]:8080</c>.</param>
    /// <exception cref="ArgumentException">There is no host, or one is malformed; the message contains it.</exception>
    public HostResolver(params IEnumerable<string> hosts)
        : this(hosts, null)
    {
    }

    /// <summary>Initializes a resolver. Nothing is looked up before a name is watched.</summary>
    /// <param name="hosts">One or more hosts, each as <c>web-1:8080</c>, <c>10.0.0.1:8080</c> or <c>[2001:db8::1]:8080</c>.</param>
    /// <param name="options">The options, which are copied; null for the defaults.</param>
    /// <exception cref="ArgumentException">There is no host, or one is malformed; the message contains it.</exception>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public HostResolver(IEnumerable<string> hosts, HostResolverOptions? options)
    {
        ArgumentNullException.ThrowIfNull(hosts);
        _options = OptionsValidator.Validated((options ?? new()).Copy(), static (options, validator) => options.Validate(validator));
        _options.Logger = new GuardedLogger(_options.Logger);
        _hosts = Parse(hosts);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Resolution> WatchAsync(DstPath name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _hosts is [{ Address: null } only] ? new HostWatch(name, only, _options).RunAsync(cancellationToken) : WatchAllAsync(name, cancellationToken);
    }

    /// <summary>Returns the hosts, the first ten of them if there are more, for a log.</summary>
    public override string ToString()
    {
        const int Shown = 10;
        var hosts = string.Join(", ", _hosts.Take(Shown));
        return _hosts.Length <= Shown ? hosts : $"{hosts} and {_hosts.Length - Shown} more";
    }

    private static HostAddress[] Parse(IEnumerable<string> hosts)
    {
        var parsed = new List<HostAddress>();
        foreach (var host in hosts)
        {
            try
            {
                parsed.Add(HostAddress.Parse(host));
            }
            catch (FormatException e)
            {
                throw new ArgumentException($"hosts[{parsed.Count}]: {e.Message}", nameof(hosts), e);
            }
        }

        return parsed.Count > 0 ? [.. parsed.Distinct()] : throw new ArgumentException("One or more hosts were expected, such as 'web-1:8080'.", nameof(hosts));
    }

    private async IAsyncEnumerable<Resolution> WatchAllAsync(DstPath name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var states = new LatestValue<Resolution>(state => state.Rank);
        var reader = states.ReadAsync(cancellationToken);
        var group = new HostGroup(_hosts, states);
        var running = group.RunAsync(name, _options, stop.Token);
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
