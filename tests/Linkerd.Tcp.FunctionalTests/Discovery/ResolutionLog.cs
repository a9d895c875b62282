using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>A watch of a name, read until something expected comes.</summary>
internal sealed class ResolutionLog : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly IAsyncEnumerator<Resolution> _states;
    private readonly List<string> _seen = [];
    private Task<bool>? _next;

    public ResolutionLog(LocalInterpreter resolver, string name)
    {
        resolver.Validate(DstPath.Parse(name));
        _states = resolver.WatchAsync(DstPath.Parse(name), _stop.Token).GetAsyncEnumerator(_stop.Token);
    }

    /// <summary>The first state from now on whose print has the text; the endpoints of a set in the order of their print.</summary>
    public async Task<Resolution> UntilAsync(string text)
    {
        while (true)
        {
            _next = _states.MoveNextAsync().AsTask();
            try
            {
                await _next.WaitAsync(Patience);
            }
            catch (TimeoutException)
            {
                Assert.Fail($"'{text}' did not come; there was\n{string.Join('\n', _seen)}");
            }

            var state = _states.Current;
            var print = state is Resolution.Bound bound
                ? string.Join(", ", bound.Endpoints.Groups.SelectMany(group => group.Endpoints).Select(endpoint => endpoint.ToString()).Order(StringComparer.Ordinal))
                : state.ToString();
            _seen.Add(print);
            if (print.Contains(text, StringComparison.Ordinal))
            {
                return state;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_next is not null)
        {
            await _next.ContinueWith(static _ => { }, TaskScheduler.Default);
        }

        await _states.DisposeAsync();
        _stop.Dispose();
    }
}
