using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Serving;

/// <summary>Represents other options of a proxy and of its registry, which apply together with those of other proxies: all of them or none (<see cref="ApplyAsync"/>).</summary>
public sealed class TcpProxyChange
{
    // A change of several proxies holds the turns and registries of all of them, so that another one in another order could wait for it while it waits for the other.
    private static readonly SemaphoreSlim OneAtATime = new(1, 1);

    private readonly TcpProxy _proxy;
    private readonly TcpProxyOptions? _options;
    private readonly Func<DstPath, DestinationOptions>? _optionsFor;
    private readonly DestinationRegistryOptions? _registryOptions;

    /// <summary>Initializes a change.</summary>
    /// <param name="proxy">The proxy. If it has not been started, it starts with the options.</param>
    /// <param name="options">The options, as of <see cref="TcpProxy.ApplyAsync"/>; copied. If null, the proxy stops listening, and its sessions go on until <see cref="TcpProxy.DrainAsync"/> or their own end.</param>
    /// <param name="optionsFor">Gets the options of the destinations of the proxy's registry, as of <see cref="DestinationRegistry.Configure"/>; null, the default, if those in force stay.</param>
    /// <param name="registryOptions">The options of the registry itself; null, the default, if those in force stay. They need <paramref name="optionsFor"/>.</param>
    public TcpProxyChange(TcpProxy proxy, TcpProxyOptions? options, Func<DstPath, DestinationOptions>? optionsFor = null, DestinationRegistryOptions? registryOptions = null)
    {
        ArgumentNullException.ThrowIfNull(proxy);
        (_proxy, _options, _optionsFor, _registryOptions) = (proxy, options?.Copy(), optionsFor, registryOptions?.Copy());
    }

    /// <summary>
    /// Applies changes of several proxies while they run, all of them or none: first the steps that can fail, of all proxies; then those that cannot. For each proxy it is as
    /// <see cref="TcpProxy.ApplyAsync"/>, and <see cref="DestinationRegistry.Configure"/> for its registry. Destinations of names that are new have the new options from the beginning.
    /// A listener whose address goes from one of the proxies to another goes on there with its socket and the counts of its limits: no connection is refused. Its sessions go on under the proxy that accepted them, and their
    /// places count for the other one.
    /// </summary>
    /// <param name="changes">The changes; one for each proxy, and one function of options for each registry.</param>
    /// <param name="cancellationToken">Cancels the wait for other calls, and binding; once the options are in force it has no effect.</param>
    /// <returns>Completes when the removed listeners are closed, and all clients that have connected to them are sessions.</returns>
    /// <exception cref="InvalidOptionsException">An option is not valid, or cannot be changed while a listener runs. Nothing has changed.</exception>
    /// <exception cref="TransportException">An address could not be bound; the message contains it. Nothing has changed.</exception>
    /// <exception cref="InvalidOperationException">A proxy was drained, or could not start.</exception>
    /// <exception cref="ObjectDisposedException">A proxy or its registry was disposed.</exception>
    /// <exception cref="ArgumentException">Two changes have the same proxy, or functions for the same registry.</exception>
    public static async Task ApplyAsync(IReadOnlyList<TcpProxyChange> changes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(changes);
        if (changes.DistinctBy(static change => change._proxy).Count() < changes.Count
            || changes.Where(static change => change._optionsFor is not null).GroupBy(static change => change._proxy.Listening.Registry).Any(static same => same.Count() > 1))
        {
            throw new ArgumentException("One change for each proxy, and one function for each registry, was expected.", nameof(changes));
        }

        var validator = new OptionsValidator();
        validator.Each(changes, static (change, validator) => change._options?.Validate(validator));
        validator.ThrowIfInvalid(nameof(changes));
        var turns = new List<ProxyListening>();
        await OneAtATime.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            foreach (var change in changes)
            {
                await change._proxy.Listening.TakeTurnAsync(cancellationToken).ConfigureAwait(false);
                turns.Add(change._proxy.Listening);
            }

            var prepared = new List<ProxyChange>();
            var leaving = changes.SelectMany(static change => change._proxy.Listening.FindLeaving(change._options)).ToList();
            try
            {
                foreach (var change in changes)
                {
                    prepared.Add(change._options is null ? change._proxy.Listening.PrepareStop() : await change._proxy.Listening.PrepareAsync(change._options, change._optionsFor, leaving, cancellationToken).ConfigureAwait(false));
                }

                Apply(changes, prepared);
            }
            catch
            {
                await Task.WhenAll(prepared.Select(static change => change.UndoAsync())).ConfigureAwait(false);
                throw;
            }

            await Task.WhenAll(prepared.SelectMany(static change => change.Taken).Select(static listener => listener.LeaveAsync())).ConfigureAwait(false);
            await Task.WhenAll(prepared.Select(static change => change.FinishAsync())).ConfigureAwait(false);
        }
        finally
        {
            turns.ForEach(static turn => turn.EndTurn());
            OneAtATime.Release();
        }
    }

    // The options of destinations cannot change in between: from their validation to their use, the registries are held.
    private static void Apply(IReadOnlyList<TcpProxyChange> wanted, List<ProxyChange> changes)
    {
        var held = new List<Lock>();
        var registries = new List<RegistryChange>();
        try
        {
            var validator = new OptionsValidator();
            foreach (var (change, options) in changes.Zip(wanted, static (change, own) => (change, own._registryOptions)).Where(static item => item.change.OptionsFor is not null))
            {
                change.Registry.Configuring.Enter();
                held.Add(change.Registry.Configuring);
                if (RegistryChange.Prepare(change.Registry, change.OptionsFor!, options, validator) is { } registry)
                {
                    registries.Add(registry);
                }
            }

            try
            {
                validator.ThrowIfInvalid(nameof(changes));
                changes.ForEach(static change => change.StartAdded());
            }
            catch
            {
                registries.ForEach(static registry => registry.Discard());
                throw;
            }

            registries.ForEach(static registry => registry.Apply());
            var moved = changes.SelectMany(static change => change.Taken).ToHashSet();
            changes.ForEach(change => change.Apply(moved));
        }
        finally
        {
            held.ForEach(static registry => registry.Exit());
        }
    }
}
