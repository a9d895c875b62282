using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Time.Testing;

namespace Linkerd.Tcp.Tests.Security.Connections;

/// <summary>A loop whose turns the test runs.</summary>
internal sealed class StepExecutor : TransportExecutor
{
    private Queue<(Action<object?> Action, object? State)> _posted = new();

    public FakeTimeProvider Clock { get; } = new();

    public override TimeProvider TimeProvider => Clock;

    public override bool IsCurrent => true;

    public bool HasWork => _posted.Count > 0;

    public override void Post(Action<object?> action, object? state) => _posted.Enqueue((action, state));

    public void RunTurn()
    {
        var posted = _posted;
        _posted = new();
        foreach (var (action, state) in posted)
        {
            action(state);
        }
    }
}
