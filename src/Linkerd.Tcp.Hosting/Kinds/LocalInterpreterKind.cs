using Linkerd.Tcp.Hosting.Options;
using Linkerd.Tcp.Naming;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Hosting.Kinds;

/// <summary>The kind of the embedded interpreter.</summary>
internal static class LocalInterpreterKind
{
    private static readonly DstPath BuiltIn = DstPath.Parse("/$");
    private static readonly Dtab FilesDtab = Dtab.Parse("/svc => /#/io.l5d.fs");

    /// <param name="namers">The kinds of namers that it has beside those of its configuration.</param>
    public static InterpreterKind Of(IReadOnlyList<NamerKind> namers) => new InterpreterKind<LocalInterpreterConfiguration>(
        LocalInterpreterConfiguration.KindName,
        $"Names are bound in the process, by a dtab and namers ({string.Join(", ", namers.Select(static kind => kind.Name).Prepend("io.l5d.fs"))})",
        RouterOptions.Local,
        static () => new LocalInterpreterConfiguration(),
        (configuration, context) => Create(configuration, context, namers));

    private static NamingServices Create(LocalInterpreterConfiguration configuration, NamingContext context, IReadOnlyList<NamerKind> namers)
    {
        var logger = context.LoggerFactory.CreateLogger("Linkerd.Tcp.Interpreter");
        var interpreter = new LocalInterpreter(
            new LocalInterpreterOptions
            {
                Dtab = configuration.Dtab ?? (configuration.Namers.Count == 0 ? Dtab.Empty : FilesDtab),
                Namers = [.. CreateNamers(configuration, context, namers, logger)],
                TimeProvider = context.TimeProvider,
                Logger = logger,
            },
            context.Targets.Where(static target => !target.IsName).ToDictionary(static target => target.Name, static target => target.Tree));
        foreach (var target in context.Targets)
        {
            interpreter.Validate(target.Name);
        }

        return new NamingServices(interpreter)
        {
            Interpreter = interpreter,
            Delegator = interpreter,
            ClearOnNegative = true,
            Scope = $"local {configuration.Dtab} {string.Join(' ', configuration.Namers.Select(static namer => namer.RootDir))}",
        };
    }

    private static IEnumerable<Namer> CreateNamers(LocalInterpreterConfiguration configuration, NamingContext context, IReadOnlyList<NamerKind> namers, ILogger logger)
    {
        foreach (var namer in configuration.Namers)
        {
            yield return new FileNamer(namer.RootDir!, new FileNamerOptions { Logger = logger, TimeProvider = context.TimeProvider });
        }

        // A dtab with names under /$/ alone leads nowhere else, and needs none of this.
        if (configuration is { Dtab: null, Namers.Count: 0 } && context.Targets.SelectMany(static target => target.Tree.Names()).All(static name => name.StartsWith(BuiltIn)))
        {
            yield break;
        }

        foreach (var kind in namers)
        {
            yield return kind.Create(context);
        }
    }
}
