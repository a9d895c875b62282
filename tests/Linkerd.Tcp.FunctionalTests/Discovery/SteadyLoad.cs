using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>Clients that come one after the other, ask who serves them and remember when; every failure is remembered, too.</summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    private readonly IPEndPoint _proxy;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<(long At, string Answer)> _answers = new();
    private readonly ConcurrentQueue<Exception> _failures = new();
    private readonly Task[] _clients;

    public SteadyLoad(IPEndPoint proxy, int clients = 4)
    {
        _proxy = proxy;
        _clients = [.. Enumerable.Range(0, clients).Select(_ => Task.Run(AskAsync))];
    }

    public IReadOnlyCollection<Exception> Failures => _failures;

    public int Count => _answers.Count;

    /// <summary>Waits for so many more answers.</summary>
    public async Task WaitForAsync(int more)
    {
        var enough = Count + more;
        await Eventually.IsTrueAsync(() => Count >= enough || !_failures.IsEmpty, () => $"{Count} answers, {_failures.Count} failures");
    }

    /// <summary>Goes on for a while; where a session fails, no longer.</summary>
    public async Task RunAsync(TimeSpan duration)
    {
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < duration && _failures.IsEmpty;)
        {
            await WaitForAsync(20);
        }
    }

    /// <summary>Who answered to those who asked at or after a time.</summary>
    public Dictionary<string, int> AnswersSince(long timestamp) =>
        _answers.Where(answer => answer.At >= timestamp).GroupBy(answer => answer.Answer).ToDictionary(group => group.Key, group => group.Count());

    /// <summary>When somebody first asked and was given this answer; null: nobody.</summary>
    public long? FirstAnswer(string answer) => _answers.Where(item => item.Answer == answer).Select(item => (long?)item.At).Min();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_clients);
        _stopping.Dispose();
    }

    private async Task AskAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var asked = Stopwatch.GetTimestamp();
                _answers.Enqueue((asked, await ClientSocket.AskAsync(_proxy)));
            }
            catch (Exception error) when (!_stopping.IsCancellationRequested)
            {
                _failures.Enqueue(error);
            }
        }
    }
}
