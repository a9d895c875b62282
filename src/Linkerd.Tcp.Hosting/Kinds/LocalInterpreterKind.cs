using Linkerd.Tcp.Dns;
using Linkerd.Tcp.Hosting.Options;
using Linkerd.Tcp.Naming;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Hosting.Kinds;

/// <summary>The kind of the embedded interpreter.</summary>
internal static class LocalInterpreterKind
{
    private static readonly DstPath BuiltIn = DstPath.Parse("/$");
    private static readonly Dtab FilesDtab = Dtab.Parse("/svc => /#/io.l5d.fs");

    public static InterpreterKind Instance { get; } = new InterpreterKind<LocalInterpreterConfiguration>(
        LocalInterpreterConfiguration.KindName,
        "Names are bound in the process, by a dtab and namers (io.l5d.fs, io.l5d.dns, io.l5d.dnssrv)",
        RouterOptions.Local,
        static () => new LocalInterpreterConfiguration(),
        Create);

    private static NamingServices Create(LocalInterpreterConfiguration configuration, NamingContext context)
    {
        var logger = context.LoggerFactory.CreateLogger("Linkerd.Tcp.Interpreter");
        var interpreter = new LocalInterpreter(
            new LocalInterpreterOptions
            {
                Dtab = configuration.Dtab ?? (configuration.Namers.Count == 0 ? Dtab.Empty : FilesDtab),
                Namers = [.. CreateNamers(configuration, context, logger)],
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

    private static IEnumerable<Namer> CreateNamers(LocalInterpreterConfiguration configuration, NamingContext context, ILogger logger)
    {
        foreach (var namer in configuration.Namers)
        {
            yield return new FileNamer(namer.RootDir!, new FileNamerOptions { Logger = logger, TimeProvider = context.TimeProvider });
        }

        // Names under /$/ alone lead nowhere else, and need not pay for it.
        if (configuration is { Dtab: null, Namers.Count: 0 } && context.Targets.SelectMany(static target => target.Tree.Names()).All(static name => name.StartsWith(BuiltIn)))
        {
            yield break;
        }

        var dns = new DnsNamerOptions { Logger = logger, TimeProvider = context.TimeProvider };
        yield return new DnsNamer(dns);
        yield return new DnsSrvNamer(dns);
    }
}
