using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Cli.Naming;

/// <summary>A target, and the configuration of the interpreter that resolves it.</summary>
/// <param name="Target">A name, or a tree of names.</param>
/// <param name="Interpreter">The configuration of the interpreter.</param>
internal sealed record TargetNaming(NameTree Target, InterpreterConfiguration Interpreter)
{
    /// <summary>The name that is resolved: the target, or the name in its place if that is a tree.</summary>
    public DstPath Name => NamedTarget.Of(Target)[0].Name;

    /// <summary>Creates the services that resolve the name; no request is made yet.</summary>
    /// <exception cref="NameBindingException">The target can never be bound.</exception>
    /// <exception cref="InvalidOptionsException">Requests to namerd could never be sent with these options.</exception>
    public NamingServices Create(ILoggerFactory loggerFactory, TimeProvider timeProvider) =>
        KnownKinds.Table.Interpreters.Get(Interpreter.Kind).Create(Interpreter, new NamingContext(NamedTarget.Of(Target), loggerFactory, timeProvider));

    /// <summary>Returns the problem if it can never work; otherwise null.</summary>
    public string? Check()
    {
        try
        {
            // Nothing was begun, so there is nothing to wait for.
            _ = Create(NullLoggerFactory.Instance, TimeProvider.System).DisposeAsync().AsTask();
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

    /// <summary>Returns a warning for each name that leads to a missing namer, if names are bound here.</summary>
    public IEnumerable<string> FindUnknownNamers() =>
        Interpreter is LocalInterpreterConfiguration local ? KnownNamers.FindUnknown(local.Dtab ?? Dtab.Empty, Target, hasFiles: local.Namers.Count > 0) : [];
}
