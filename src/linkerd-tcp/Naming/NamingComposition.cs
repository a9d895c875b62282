using Linkerd.Tcp.Namerd;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Cli;

/// <summary>The one place where what resolves names is put together, for the proxy and for <c>resolve</c> alike. Disposing it takes it apart.</summary>
internal sealed class NamingComposition : IAsyncDisposable
{
    private NamingComposition(DstPath name, IResolver resolver, IInterpreter interpreter, IDelegator delegator) =>
        (Name, Resolver, Interpreter, Delegator) = (name, resolver, interpreter, delegator);

    /// <summary>The name that is resolved: the target, or what stands for it where that is a tree.</summary>
    public DstPath Name { get; }

    /// <summary>Resolves it.</summary>
    public IResolver Resolver { get; }

    /// <summary>Resolves it in two steps.</summary>
    public IInterpreter Interpreter { get; }

    /// <summary>Explains it.</summary>
    public IDelegator Delegator { get; }

    /// <summary>Puts it together; nothing is asked yet.</summary>
    /// <exception cref="NameBindingException">The target can never be bound.</exception>
    /// <exception cref="InvalidOptionsException">namerd could never be asked so.</exception>
    public static NamingComposition Create(NamingSettings settings, ILoggerFactory loggerFactory, TimeProvider timeProvider)
    {
        var name = TargetName.Of(settings.Target);
        if (settings.IsLocal)
        {
            var local = LocalNaming.CreateInterpreter(settings, name, loggerFactory, timeProvider);
            local.Validate(name);
            return new(name, local, local, local);
        }

        if (settings.IsMesh)
        {
            var mesh = new MeshResolver(MeshOptionsOf(settings, name, loggerFactory, timeProvider));
            return new(name, mesh, mesh, new MeshDelegator(mesh));
        }

        var namerd = new NamerdResolver(NamerdOptionsOf(settings, name, loggerFactory, timeProvider));
        return new(name, namerd, namerd, new NamerdDelegator(namerd));
    }

    /// <summary>Says what is wrong with settings that can never work; null where they may.</summary>
    public static string? Check(NamingSettings settings)
    {
        try
        {
            // Nothing was begun, so there is nothing to wait for.
            _ = Create(settings, NullLoggerFactory.Instance, TimeProvider.System).DisposeAsync().AsTask();
            return null;
        }
        catch (NameBindingException error)
        {
            return error.Message;
        }
        catch (InvalidOptionsException error)
        {
            return string.Join("; ", error.Errors.Select(static error => error.Message));
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Resolver is IAsyncDisposable disposable ? disposable.DisposeAsync() : ValueTask.CompletedTask;

    private static NamerdOptions NamerdOptionsOf(NamingSettings settings, DstPath name, ILoggerFactory loggerFactory, TimeProvider timeProvider) => new()
    {
        BaseAddresses = settings.NamerdAddresses,
        Namespace = settings.NamerdNamespace,
        Dtab = TargetName.Append(settings.NamerdDtab, settings.Target, name),
        Interval = settings.NamerdInterval,
        Mode = settings.NamerdMode,
        MaxStreamAge = settings.NamerdMaxAge,
        Tls = settings.NamerdTls,
        LoggerFactory = loggerFactory,
        TimeProvider = timeProvider,
    };

    private static MeshOptions MeshOptionsOf(NamingSettings settings, DstPath name, ILoggerFactory loggerFactory, TimeProvider timeProvider) => new()
    {
        Addresses = settings.NamerdAddresses,
        Namespace = settings.NamerdNamespace,
        Dtab = TargetName.Append(settings.NamerdDtab, settings.Target, name),
        Interval = settings.NamerdInterval,
        MaxStreamAge = settings.NamerdMaxAge,
        Tls = settings.NamerdTls,
        LoggerFactory = loggerFactory,
        TimeProvider = timeProvider,
    };
}
