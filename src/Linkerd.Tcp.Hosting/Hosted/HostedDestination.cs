using System.Diagnostics.Metrics;
using Linkerd.Tcp.Hosting.Mapping;
using Linkerd.Tcp.Hosting.Running;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Security;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Linkerd.Tcp.Hosting.Hosted;

/// <summary>
/// Runs a destination of a name without a listener, and reloads its configuration. The destination keeps the name that it began with; another target only changes what its resolver looks up, so that the
/// state of endpoints that stay is kept. The container disposes it. Any thread.
/// </summary>
internal sealed class HostedDestination : IAsyncDisposable, IDisposable
{
    private readonly IServiceProvider _services;
    private readonly ConfigurationTable _table;
    private readonly Meter _meter;
    private readonly DestinationRegistry _registry;
    private readonly OptionsReload<DestinationConfiguration> _reload;
    private TargetResolver _resolver;
    private ConfigurationSnapshot _inForce;

    /// <summary>Creates the destination, and starts to resolve its name.</summary>
    /// <exception cref="OptionsValidationException">The configuration is not valid; the exception has all errors.</exception>
    public HostedDestination(string name, IServiceProvider services)
    {
        _services = services;
        _table = services.GetRequiredService<HostedTables>().Get(HostedKeys.Destination(name));
        var factory = services.GetRequiredService<IOptionsFactory<DestinationConfiguration>>();
        _reload = new(name, factory, services.GetServices<IOptionsChangeTokenSource<DestinationConfiguration>>(), ApplyAsync, services.Logger());
        _meter = services.NewMeter("destination", name);
        try
        {
            var configuration = factory.Create(name);
            _inForce = ConfigurationSnapshot.Of(configuration, _table);
            _resolver = NewResolver(configuration);
            var options = _resolver.OptionsOf(configuration);
            _registry = new DestinationRegistry(_ => options, services.Loggers(), _meter, services.Clock());
            Destination = _registry.Get(_resolver.Target.Name);
        }
        catch
        {
            // Nothing was begun, so there is nothing to wait for.
            _ = _reload.DisposeAsync().AsTask();
            _ = _registry?.DisposeAsync().AsTask();
            _ = _resolver?.Naming.DisposeAsync().AsTask();
            _meter.Dispose();
            throw;
        }

        _reload.Start();
    }

    /// <summary>Gets the destination.</summary>
    public Destination Destination { get; }

    /// <summary>Checks a configuration.</summary>
    /// <exception cref="Primitives.InvalidOptionsException">It is not valid; the exception has all errors, by the keys.</exception>
    public static void Validate(DestinationConfiguration configuration, ConfigurationTable table) =>
        OptionsValidator.Validated(configuration, (all, validator) => ConfigurationValidator.Validate(all, table, validator), nameof(configuration));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _reload.DisposeAsync().ConfigureAwait(false);
        await _registry.DisposeAsync().ConfigureAwait(false);
        await _resolver.Naming.DisposeAsync().ConfigureAwait(false);
        _meter.Dispose();
    }

    /// <inheritdoc/>
    /// <remarks>A container that is disposed synchronously throws for a service that can only be disposed asynchronously.</remarks>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private TargetResolver NewResolver(DestinationConfiguration configuration)
    {
        var targets = NamedTarget.Of(configuration.DstName!);
        var naming = _table.Interpreters.Get(configuration.Interpreter.Kind).Create(configuration.Interpreter, new NamingContext(targets, _services.Loggers(), _services.Clock()));
        var remembering = RouterNaming.Remembering(naming, new RouterConfiguration { StateDirectory = configuration.StateDirectory }, targets, _services.Loggers(), _services.Clock());
        return new TargetResolver(naming, remembering, targets[0]);
    }

    private async Task<IReadOnlyList<string>> ApplyAsync(DestinationConfiguration configuration, CancellationToken cancellationToken)
    {
        var snapshot = ConfigurationSnapshot.Of(configuration, _table);
        var changes = snapshot.FindChanges(_inForce);
        if (changes.Count == 0)
        {
            return [];
        }

        // The endpoints in force stay until a new resolver has an answer.
        var before = _resolver;
        var isSameTarget = changes.All(static key => key.StartsWith("client", StringComparison.Ordinal));
        var resolver = isSameTarget ? before : NewResolver(configuration);
        try
        {
            Destination.Configure(resolver.OptionsOf(configuration));
        }
        catch
        {
            if (!isSameTarget)
            {
                await resolver.Naming.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }

        (_resolver, _inForce) = (resolver, snapshot);
        if (!isSameTarget)
        {
            await before.Naming.DisposeAsync().ConfigureAwait(false);
        }

        return changes;
    }

    /// <summary>Resolves the target, whatever name it is asked for.</summary>
    private sealed class TargetResolver(NamingServices naming, IResolver resolver, NamedTarget target) : IResolver
    {
        public NamingServices Naming => naming;

        public NamedTarget Target => target;

        public DestinationOptions OptionsOf(DestinationConfiguration configuration) => CoreOptions.Destination(configuration.Client.Copy().For(target.Name), this, naming.ClearOnNegative, TlsProviderKind.DotNet);

        public IAsyncEnumerable<Resolution> WatchAsync(DstPath name, CancellationToken cancellationToken = default) => resolver.WatchAsync(target.Name, cancellationToken);
    }
}

/// <summary>Creates a destination when the host of the process starts, so that an error of its configuration is known then, and its name is resolved early.</summary>
internal sealed class HostedDestinationStart(string name, IServiceProvider services) : Microsoft.Extensions.Hosting.IHostedService
{
    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        services.GetRequiredKeyedService<HostedDestination>(name);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
