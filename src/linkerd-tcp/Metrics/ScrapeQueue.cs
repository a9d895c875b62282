using System.Diagnostics.CodeAnalysis;

namespace Linkerd.Tcp.Cli.Metrics;

/// <summary>
/// Makes the answers to scrapes, so that their number limits neither memory nor processor time: clients that ask while an answer is made share the next one, and at most two are in memory.
/// A client that reads slowly keeps its answer until another needs the memory. Any thread.
/// </summary>
/// <param name="collect">Collects for a value of <c>Accept</c>. Never called twice at once.</param>
/// <param name="timeProvider">The clock.</param>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "The semaphore has no handle, and collections wait for it until the end.")]
internal sealed class ScrapeQueue(Func<string, Task<ScrapeAnswer>> collect, TimeProvider timeProvider)
{
    /// <summary>The maximum number of answers in memory: one that is read and one that is made, or two that are read.</summary>
    public const int MaxAnswers = 2;

    /// <summary>The maximum number of values of <c>Accept</c> for which clients wait.</summary>
    public const int MaxWaiting = 4;

    // A collection that took 100 ms is followed by 400 ms without one: it is a fifth of one processor at most.
    private const int RestFactor = 4;

    /// <summary>The time for which a client may read, even if others need the memory.</summary>
    public static readonly TimeSpan ReadingTime = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan MaxRest = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Group> _waiting = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _turn = new(1, 1);

    // Used by the holder of the turn.
    private readonly List<ScrapeAnswer> _answers = [];
    private long _restUntil;

    /// <summary>Gets an answer whose collection begins after this call.</summary>
    /// <param name="accept">The header of the request, which selects the format.</param>
    /// <returns>The answer, which the caller must leave; null if too many wait.</returns>
    public async Task<ScrapeAnswer?> GetAsync(string accept)
    {
        Group? group;
        lock (_lock)
        {
            if (!_waiting.TryGetValue(accept, out group))
            {
                if (_waiting.Count == MaxWaiting)
                {
                    return null;
                }

                group = new Group();
                _waiting.Add(accept, group);
                group.Answer = Task.Run(() => MakeAsync(accept, group));
            }

            group.Readers++;
        }

        return await group.Answer.ConfigureAwait(false);
    }

    private async Task<ScrapeAnswer> MakeAsync(string accept, Group group)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            await MakeRoomAsync().ConfigureAwait(false);
            if (_restUntil - timeProvider.GetTimestamp() is var rest and > 0)
            {
                await Task.Delay(TimeSpan.FromSeconds((double)rest / timeProvider.TimestampFrequency), timeProvider).ConfigureAwait(false);
            }

            // From here on nobody joins: those who come later want what happens later.
            EndWaiting(accept, group);
            var begin = timeProvider.GetTimestamp();
            var answer = await collect(accept).ConfigureAwait(false);
            var end = timeProvider.GetTimestamp();
            _restUntil = end + (long)Math.Min((end - begin) * RestFactor, MaxRest.TotalSeconds * timeProvider.TimestampFrequency);
            answer.Open(group.Readers, end);
            _answers.Add(answer);
            return answer;
        }
        finally
        {
            // Also if it has failed before, so that it is not the answer to all who ask later.
            EndWaiting(accept, group);
            _turn.Release();
        }
    }

    private void EndWaiting(string accept, Group group)
    {
        lock (_lock)
        {
            if (_waiting.GetValueOrDefault(accept) == group)
            {
                _waiting.Remove(accept);
            }
        }
    }

    private async Task MakeRoomAsync()
    {
        while (true)
        {
            _answers.RemoveAll(static answer => answer.Left.IsCompleted);
            if (_answers.Count < MaxAnswers)
            {
                return;
            }

            var oldest = _answers[0];
            var rest = ReadingTime - timeProvider.GetElapsedTime(oldest.MadeAt);
            if (rest > TimeSpan.Zero)
            {
                await Task.WhenAny([.. _answers.Select(static answer => answer.Left), Task.Delay(rest, timeProvider)]).ConfigureAwait(false);
                continue;
            }

            await oldest.CutAsync().ConfigureAwait(false);
            await oldest.Left.ConfigureAwait(false);
        }
    }

    // Clients that share the next answer. The fields are used under the lock, until the group is not waiting any more.
    private sealed class Group
    {
        public Task<ScrapeAnswer> Answer { get; set; } = null!;

        public int Readers { get; set; }
    }
}
