using Linkerd.Tcp.Namerd.Http;
using Linkerd.Tcp.Namerd.Requests;
using Linkerd.Tcp.Namerd.Servers;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd;

/// <summary>A request that is sent once, to one namerd after the other until one answers.</summary>
internal sealed class SingleRequest(NamerdOptions options, NamerdServers servers, NamerdRequest request)
{
    private readonly NamerdClient _client = new(options, request);

    /// <exception cref="NamerdException">None has a good answer.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<ReadOnlyMemory<byte>> AskAsync(CancellationToken cancellationToken)
    {
        var asked = new List<NamerdServer>();
        NamerdException? failure = null;
        await servers.RefreshAsync(cancellationToken).ConfigureAwait(false);
        while (servers.TryTake(asked) is { } attempt)
        {
            using (attempt)
            {
                asked.Add(attempt.Server);
                try
                {
                    using var deadline = new Deadline(options.TimeProvider, cancellationToken);
                    using var answer = await _client.AskAsync(attempt, watch: false, deadline).ConfigureAwait(false);
                    return await _client.ReadAsync(answer, deadline, body => body.ToArray()).ConfigureAwait(false);
                }
                catch (NamerdException exception) when (exception.Why != NamerdException.Reason.Error)
                {
                    failure = exception;
                }
            }
        }

        throw failure ?? new NamerdException(servers.Outage().Error);
    }
}
