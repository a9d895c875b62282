using System.Diagnostics;
using System.Net;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Sessions that begin at a steady rate, whatever becomes of those before them.</summary>
internal static class PacedLoad
{
    // What a busy machine has put off is made up for, but not in a crowd.
    private const int MostAtOnce = 5;

    /// <summary>The first sessions of a process that is not the published one take long, as its code is compiled meanwhile; they must succeed.</summary>
    public static async Task WarmUpAsync(IPEndPoint proxy, int count, ClientTalk talk)
    {
        var sessions = await RunAsync(proxy, count, perSecond: 200, talk);
        Assert.DoesNotContain(sessions, session => session.Error is not null);
    }

    /// <summary>Runs so many, and waits for the last.</summary>
    public static async Task<IReadOnlyList<SessionOutcome>> RunAsync(IPEndPoint proxy, int count, int perSecond, ClientTalk talk)
    {
        var sessions = new List<SessionOutcome>(count);
        var running = new List<Task>(count);
        var startedAt = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (sessions.Count < count)
        {
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            var due = (int)(Stopwatch.GetElapsedTime(startedAt).TotalSeconds * perSecond);
            var most = Math.Min(sessions.Count + MostAtOnce, count);
            while (sessions.Count < Math.Min(due, most))
            {
                sessions.Add(new SessionOutcome());
                running.Add(sessions[^1].RunAsync(proxy, talk));
            }
        }

        await Task.WhenAll(running);
        return sessions;
    }
}
