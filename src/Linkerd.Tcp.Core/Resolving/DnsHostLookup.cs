using System.Net;

namespace Linkerd.Tcp.Resolving;

/// <summary>
/// Looks hosts up through the operating system: hosts file, DNS, search list. The calls block as long as name servers are silent (getaddrinfo(3) has no deadline), so
/// they run on threads of their own and never on the thread pool. One call at a time is made for a host, and all callers meanwhile share its answer. Any thread.
/// </summary>
/// <param name="resolve">The call that blocks.</param>
/// <param name="longest">The longest time that a caller waits; an answer that comes later is dropped unless another caller waits for it.</param>
/// <param name="idle">The time for which an idle thread is kept.</param>
/// <param name="timeProvider">The clock for <paramref name="longest"/>.</param>
internal sealed class DnsHostLookup(Func<string, IPAddress[]> resolve, TimeSpan longest, TimeSpan idle, TimeProvider timeProvider) : IHostLookup
{
    private readonly Lock _lock = new();
    private readonly LookupThreads _threads = new(idle);
    private readonly Dictionary<string, HostCall> _calls = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The instance of the process, so that there is one set of threads.</summary>
    public static DnsHostLookup Instance { get; } = new(System.Net.Dns.GetHostAddresses, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(20), TimeProvider.System);

    public async Task<IPAddress[]> GetAddressesAsync(string host, bool isRefresh = false, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var call = Join(host, isRefresh);
        try
        {
            return await call.Answer.WaitAsync(longest, timeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!call.Answer.IsCompleted)
        {
            throw new TimeoutException($"no answer from the operating system within {longest.TotalSeconds:0.###} s");
        }
        finally
        {
            Leave(call);
        }
    }

    private HostCall Join(string host, bool isRefresh)
    {
        lock (_lock)
        {
            if (!_calls.TryGetValue(host, out var call))
            {
                call = new HostCall(host, isRefresh, this);
                _threads.Add(call);
                _calls.Add(host, call);
            }
            else if (!isRefresh)
            {
                _threads.Promote(call);
            }

            call.Waiting++;
            return call;
        }
    }

    // A running call goes on, so that its thread is known to be taken, and later callers for the host wait for it too.
    private void Leave(HostCall call)
    {
        lock (_lock)
        {
            if (--call.Waiting == 0 && _threads.Remove(call))
            {
                _calls.Remove(call.Host);
            }
        }
    }

    private sealed class HostCall(string host, bool isRefresh, DnsHostLookup lookup) : LookupWork(isRefresh)
    {
        private readonly TaskCompletionSource<IPAddress[]> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Host => host;

        public Task<IPAddress[]> Answer => _answer.Task;

        /// <summary>The number of callers that wait for it. Under the lock of the lookup.</summary>
        public int Waiting { get; set; }

        public override void Run()
        {
            IPAddress[] addresses = [];
            Exception? error = null;
            try
            {
                addresses = lookup.Resolve(host);
            }
            catch (Exception e)
            {
                error = e;
            }

            // Callers from here on start another call.
            lookup.End(this);
            if (error is null)
            {
                _answer.SetResult(addresses);
            }
            else
            {
                _answer.SetException(error);

                // Perhaps no caller waits any more; then the result is dropped.
                _ = _answer.Task.Exception;
            }
        }
    }

    private IPAddress[] Resolve(string host) => resolve(host);

    private void End(HostCall call)
    {
        lock (_lock)
        {
            _calls.Remove(call.Host);
        }
    }
}
