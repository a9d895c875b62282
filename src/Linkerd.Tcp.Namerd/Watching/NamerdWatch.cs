using Linkerd.Tcp.Namerd.Documents;
using Linkerd.Tcp.Namerd.Http;
using Linkerd.Tcp.Namerd.Servers;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd.Watching;

/// <summary>The outcome of one watch.</summary>
/// <param name="Streamed">True if it was a stream; otherwise the answer was one whole document.</param>
/// <param name="Answered">True if there was a good document.</param>
/// <param name="Told">True if there was any document, with a state of the name.</param>
/// <param name="Lived">The time from the last time it was opened or renewed to its end.</param>
/// <param name="Server">The last server.</param>
/// <param name="End">Its end; null if it was no stream.</param>
internal sealed record WatchOutcome(bool Streamed, bool Answered, bool Told, TimeSpan Lived, NamerdServer Server, StreamEnd? End);

/// <summary>Opens one watch, and follows it to its end.</summary>
internal sealed class NamerdWatch<TState>(NameSetup<TState> setup)
    where TState : class
{
    /// <exception cref="NamerdException">It could not be opened.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<WatchOutcome> RunAsync(ServerAttempt attempt, CancellationToken cancellationToken)
    {
        NamerdAnswer answer;
        using (var deadline = new Deadline(setup.Options.TimeProvider, cancellationToken))
        {
            answer = await setup.Client.AskAsync(attempt, watch: true, deadline).ConfigureAwait(false);
            if (answer.IsComplete)
            {
                using (answer)
                {
                    var document = await setup.Poll.ReadAsync(answer, deadline).ConfigureAwait(false);
                    setup.Report.Document(document, answer.Server);
                    return new WatchOutcome(Streamed: false, document.IsAnswer, Told: true, TimeSpan.Zero, answer.Server, End: null);
                }
            }
        }

        var stream = new DocumentStream<TState>(setup.Kind, setup.Client, setup.Options, answer, cancellationToken);
        return await new WatchFollower<TState>(setup, stream, cancellationToken).RunAsync().ConfigureAwait(false);
    }
}
