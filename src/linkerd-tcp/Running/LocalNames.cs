using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli;

/// <summary>What the embedded interpreter is told: a union on the command line becomes the tree of a name of its own.</summary>
internal static class LocalNames
{
    private static readonly DstPath Union = DstPath.Parse("/union");

    /// <summary>The name that sessions go to.</summary>
    public static DstPath NameOf(Target target) => target.Tree is NameTree.Leaf leaf ? leaf.Path : Union;

    /// <summary>An interpreter that knows the name of a target.</summary>
    /// <exception cref="NameBindingException">The target can never bind.</exception>
    public static LocalInterpreter CreateInterpreter(Target target, ILoggerFactory loggerFactory, TimeProvider timeProvider) => new(
        new LocalInterpreterOptions { TimeProvider = timeProvider, Logger = loggerFactory.CreateLogger("Linkerd.Tcp.Interpreter") },
        new Dictionary<DstPath, NameTree> { [NameOf(target)] = target.Tree });
}
