namespace Linkerd.Tcp.Serving;

/// <summary>Represents a prepared change of a proxy's options, or its start, as <see cref="ListenerChange"/> with the proxy around it. For use in the proxy's turn.</summary>
/// <param name="listening">The listening of the proxy.</param>
/// <param name="listeners">The prepared change of its listeners; null if it stops listening.</param>
/// <param name="optionsFor">The options of its destinations; null if those in force stay.</param>
/// <param name="options">The options, validated.</param>
/// <param name="served">Their part for destinations.</param>
/// <param name="running">The listener that goes on with each of the options' listeners.</param>
/// <param name="taken">Those of them that another proxy gives up.</param>
/// <param name="isStart">True if the proxy starts.</param>
internal sealed class ProxyChange(
    ProxyListening listening, ListenerChange? listeners, Func<DstPath, DestinationOptions>? optionsFor, TcpProxyOptions options, ServedBy served, ServedListener?[] running, IReadOnlyList<ServedListener> taken, bool isStart)
{
    private IReadOnlyList<ServedListener> _removed = [];

    /// <summary>Gets the registry of the proxy.</summary>
    public DestinationRegistry Registry => listening.Registry;

    /// <summary>Gets the options of its destinations; null if those in force stay.</summary>
    public Func<DstPath, DestinationOptions>? OptionsFor => optionsFor;

    /// <summary>Gets the listeners that go on here, and that another proxy gives up.</summary>
    public IReadOnlyList<ServedListener> Taken => taken;

    /// <summary>Starts to accept on new addresses; may fail.</summary>
    public void StartAdded() => listeners?.StartAdded();

    /// <summary>Applies the change; cannot fail.</summary>
    /// <param name="moved">The listeners that go on under another proxy.</param>
    public void Apply(IReadOnlyCollection<ServedListener> moved)
    {
        if (listeners is null)
        {
            _removed = [.. listening.EndListening().Except(moved)];
            return;
        }

        _removed = [.. listeners.Apply().Except(moved)];
        listening.Use(options, served, running, _removed);
    }

    /// <summary>Takes back all steps before <see cref="Apply"/>.</summary>
    public async Task UndoAsync()
    {
        await (listeners?.UndoAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        if (isStart)
        {
            await listening.UndoStartAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Closes the listeners that are removed.</summary>
    public Task FinishAsync() => listening.FinishAsync(_removed);
}
