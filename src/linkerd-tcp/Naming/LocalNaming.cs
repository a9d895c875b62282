using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli;

/// <summary>The embedded interpreter, as the command line has it.</summary>
internal static class LocalNaming
{
    private static readonly DstPath BuiltIn = DstPath.Parse("/$");
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
                Namers = [.. CreateNamers(settings, logger, timeProvider)],
                TimeProvider = timeProvider,
                Logger = logger,
            },
            settings.Target is NameTree.Leaf ? null : new Dictionary<DstPath, NameTree> { [name] = settings.Target });
    }

    private static IEnumerable<Namer> CreateNamers(NamingSettings settings, ILogger logger, TimeProvider timeProvider)
    {
        if (settings.Disco is { } directory)
        {
            yield return new FileNamer(directory, new FileNamerOptions { Logger = logger, TimeProvider = timeProvider });
        }

        // Names under /$/ alone lead nowhere else, and need not pay for it.
        if (settings is { Dtab: null, Disco: null } && settings.Target.Names().All(name => name.StartsWith(BuiltIn)))
        {
            yield break;
        }

        var dns = new DnsNamerOptions { Logger = logger, TimeProvider = timeProvider };
        yield return new DnsNamer(dns);
        yield return new DnsSrvNamer(dns);
    }
}
