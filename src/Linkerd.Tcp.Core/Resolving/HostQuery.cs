using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Resolving;

/// <summary>The lookups of one host, one after the other: a lookup that has timed out is waited for again, not repeated beside itself.</summary>
internal sealed class HostQuery(HostAddress host, HostResolverOptions options)
{
    private Task<IPAddress[]>? _running;
    private bool _isRefresh;

    /// <summary>Returns a bound, negative or failed state, within the lookup timeout.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<Resolution> AskAsync(CancellationToken cancellationToken)
    {
        if (AddressLiteral.HasZoneName(host.Host))
        {
            return AddressLiteral.Read(host.Host) is { } address ? new Resolution.Bound(EndpointSet.Create(new IPEndPoint(address, host.Port)))
                : Failed($"there is no network interface '{host.Host[(host.Host.IndexOf('%', StringComparison.Ordinal) + 1)..]}'");
        }

        try
        {
            _running ??= Observed(options.HostLookup.GetAddressesAsync(host.Host, _isRefresh, cancellationToken));
            _isRefresh = true;
            var addresses = await _running.WaitAsync(options.LookupTimeout, options.TimeProvider, cancellationToken).ConfigureAwait(false);
            _running = null;
            return addresses.Length == 0 ? Resolution.Negative.Instance
                : new Resolution.Bound(EndpointSet.OfHost(host.Host, addresses.Select(address => new IPEndPoint(address, host.Port))));
        }
        catch (TimeoutException) when (_running is { IsFaulted: false })
        {
            return Failed(string.Create(CultureInfo.InvariantCulture, $"no answer within {options.LookupTimeout.TotalSeconds:0.###} s"));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _running = null;
            return e is SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData }
                ? Resolution.Negative.Instance
                : Failed(e.Message);
        }
    }

    // A lookup may outlive the watch that began it; its failure concerns nothing then.
    private static Task<IPAddress[]> Observed(Task<IPAddress[]> lookup)
    {
        lookup.ContinueWith(static failed => failed.Exception, CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return lookup;
    }

    private Resolution.Failed Failed(string problem) => new($"looking up host '{host.Host}' failed: {problem}");
}
