using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.TestUtilities.Resolving;

/// <summary>Answers as it is told to, counts the questions, and notices two at once for one host.</summary>
public sealed class FakeHostLookup : IHostLookup
{
    private readonly ConcurrentDictionary<string, Func<Task<IPAddress[]>>> _answers = [];
    private readonly ConcurrentDictionary<string, int> _calls = [];
    private readonly ConcurrentDictionary<string, int> _running = [];

    public bool Overlapped { get; private set; }

    /// <summary>The token of the last question.</summary>
    public CancellationToken LastToken { get; private set; }

    /// <summary>Whether the last question was one.</summary>
    public bool LastIsRefresh { get; private set; }

    public int CallsFor(string host) => _calls.GetValueOrDefault(host);

    public void Addresses(string host, params string[] addresses) =>
        _answers[host] = () => Task.FromResult(addresses.Select(IPAddress.Parse).ToArray());

    public void Fails(string host, SocketError error) => Fails(host, new SocketException((int)error));

    public void Fails(string host, Exception exception) => _answers[host] = () => Task.FromException<IPAddress[]>(exception);

    public void Throws(string host, Exception exception) => _answers[host] = () => throw exception;

    /// <summary>The next question hangs until the result is completed.</summary>
    public TaskCompletionSource<IPAddress[]> Hangs(string host)
    {
        var source = new TaskCompletionSource<IPAddress[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        _answers[host] = () => source.Task;
        return source;
    }

    public async Task<IPAddress[]> GetAddressesAsync(string host, bool isRefresh = false, CancellationToken cancellationToken = default)
    {
        LastIsRefresh = isRefresh;
        LastToken = cancellationToken;
        _calls.AddOrUpdate(host, 1, (_, n) => n + 1);
        Overlapped |= _running.AddOrUpdate(host, 1, (_, n) => n + 1) > 1;
        try
        {
            return await _answers[host]();
        }
        finally
        {
            _running.AddOrUpdate(host, 0, (_, n) => n - 1);
        }
    }
}
