using Grpc.Core;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Sends what a watch sees: of several states that wait for a slow reader the latest alone, as namerd's mesh does.</summary>
internal static class MeshStreaming
{
    /// <param name="watch">What is sent.</param>
    /// <param name="counters">Where the stream and its messages are counted.</param>
    /// <param name="stream">The client.</param>
    /// <param name="message">What a state is as a message; throws where it is an error that ends the stream.</param>
    /// <param name="context">The call.</param>
    public static async Task RunAsync<TState, TMessage>(
        StandInWatch<TState> watch, MeshCounters counters, IServerStreamWriter<TMessage> stream, Func<TState, TMessage> message, ServerCallContext context)
    {
        using var open = counters.OpenStream();
        while (await watch.Events.WaitToReadAsync(context.CancellationToken))
        {
            if (!watch.Events.TryRead(out var latest))
            {
                continue;
            }

            while (watch.Events.TryRead(out var next))
            {
                latest = next;
            }

            await stream.WriteAsync(message(latest), context.CancellationToken);
            counters.Message();
        }
    }
}
