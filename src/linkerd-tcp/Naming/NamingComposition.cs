using Linkerd.Tcp.Namerd;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli;

/// <summary>The one place where what resolves names is put together, for the proxy and for <c>resolve</c> alike. Disposing it takes it apart.</summary>
internal sealed class NamingComposition : IAsyncDisposable
{
    private readonly IAsyncDisposable? _namerd;

    private NamingComposition(DstPath name, IResolver resolver, IAsyncDisposable? namerd)
    {
        Name = name;
        Resolver = resolver;
        _namerd = namerd;
    }

    /// <summary>The name that is resolved: the target, or what stands for it where that is a tree.</summary>
    public DstPath Name { get; }

    /// <summary>Resolves it.</summary>
    public IResolver Resolver { get; }

    /// <summary>Resolves it in two steps.</summary>
    public IInterpreter Interpreter => (IInterpreter)Resolver;

    /// <summary>Explains it; null where nobody can.</summary>
    public IDelegator? Delegator => Resolver as IDelegator;

    /// <summary>Puts it together; nothing is asked yet.</summary>
    public static NamingComposition Create(NamingSettings settings, ILoggerFactory loggerFactory, TimeProvider timeProvider)
    {
        var name = TargetName.Of(settings.Target);
        if (settings.IsLocal)
        {
            return new(name, LocalNaming.CreateInterpreter(settings, name, loggerFactory, timeProvider), null);
        }

        var namerd = new NamerdResolver(new NamerdOptions
        {
            BaseAddresses = settings.NamerdAddresses,
            Namespace = settings.NamerdNamespace,
            Dtab = TargetName.Append(settings.NamerdDtab, settings.Target, name),
            Interval = settings.NamerdInterval,
            Mode = settings.NamerdMode,
            MaxStreamAge = settings.NamerdMaxAge,
            Tls = settings.NamerdTls,
            TimeProvider = timeProvider,
            LoggerFactory = loggerFactory,
        });
        return new(name, namerd, namerd);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _namerd?.DisposeAsync() ?? ValueTask.CompletedTask;
}
