using Linkerd.Tcp.Namerd.Documents;
using Linkerd.Tcp.Namerd.Http;
using Linkerd.Tcp.Namerd.Servers;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd.Watching;

/// <summary>What came of one watch.</summary>
/// <param name="Streamed">Whether it was a stream; otherwise the answer was one whole document.</param>
/// <param name="Answered">Whether there was a good document.</param>
/// <param name="Told">Whether there was any document, so that something was said about the name.</param>
/// <param name="Lived">From the last time it was opened or renewed to its end.</param>
/// <param name="Server">Whose it was last.</param>
/// <param name="End">How it ended; null where it was no stream.</param>
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
