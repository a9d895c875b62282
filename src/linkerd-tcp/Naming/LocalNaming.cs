using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Cli;

/// <summary>The embedded interpreter, as the command line has it.</summary>
internal static class LocalNaming
{
    private static readonly Dtab DiscoDtab = Dtab.Parse("/svc => /#/io.l5d.fs");

    /// <summary>Makes it. A target that is a tree is given to it under its name.</summary>
    /// <exception cref="NameBindingException">The target can never bind.</exception>
    public static LocalInterpreter CreateInterpreter(NamingSettings settings, DstPath name, ILoggerFactory loggerFactory, TimeProvider timeProvider)
    {
        var logger = loggerFactory.CreateLogger("Linkerd.Tcp.Interpreter");
        return new LocalInterpreter(
            new LocalInterpreterOptions
            {
                Dtab = settings.Dtab ?? (settings.Disco is null ? Dtab.Empty : DiscoDtab),
                TimeProvider = timeProvider,
                Logger = logger,
            },
            settings.Target is NameTree.Leaf ? null : new Dictionary<DstPath, NameTree> { [name] = settings.Target });
    }

    /// <summary>Checks that a target can be bound, as far as that can be told without looking anything up.</summary>
    /// <exception cref="NameBindingException">It never can.</exception>
    public static void Check(NamingSettings settings)
    {
        var name = TargetName.Of(settings.Target);
        CreateInterpreter(settings, name, NullLoggerFactory.Instance, TimeProvider.System).Validate(name);
    }
}
