namespace Linkerd.Tcp.TestUtilities;

/// <summary>Sends each request where namerd does: by the prefix of the raw path, in a fixed order.</summary>
internal sealed class StandInRouter(StandInWorld world, StandInCounters counters, TimeProvider time)
{
    private readonly StandInDtabApi _dtabs = new(world, counters, time);
    private readonly StandInNaming _naming = new(world, counters);
    private readonly StandInDelegateApi _delegate = new(world, time);
    private readonly StandInBoundNames _boundNames = new(world, counters);

    /// <summary>Answers a request; false where the connection has to be closed.</summary>
    public async Task<bool> AnswerAsync(StandInRequest request, StandInConnection connection, CancellationToken cancellationToken)
    {
        counters.Request($"{request.Method} {request.Target}", request.Headers);
        var path = request.Path;
        return StandInDtabApi.Knows(path) ? await _dtabs.AnswerAsync(request, connection, cancellationToken)
            : StandInNaming.Knows(path) ? await _naming.AnswerAsync(request, connection, cancellationToken)
            : StandInDelegateApi.Knows(path) ? await _delegate.AnswerAsync(request, connection, cancellationToken)
            : StandInBoundNames.Knows(request) ? await _boundNames.AnswerAsync(request, connection, cancellationToken)
            : await connection.ReplyAsync(new StandInReply(404), request, cancellationToken);
    }
}
