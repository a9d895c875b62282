using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Hosting;

/// <summary>Represents a kind of namers that the embedded interpreter has without being configured. The package that implements it registers it. Immutable; any thread.</summary>
/// <param name="name">The name, such as <c>io.l5d.dns</c>.</param>
/// <param name="create">Makes a namer. Nothing is asked before a name is looked up.</param>
public sealed class NamerKind(string name, Func<NamingContext, Namer> create)
{
    /// <summary>Gets the name.</summary>
    public string Name => name;

    internal Namer Create(NamingContext context) => create(context);
}
