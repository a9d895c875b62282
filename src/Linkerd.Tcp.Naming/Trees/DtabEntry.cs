using Linkerd.Tcp.Naming.Trees;

namespace Linkerd.Tcp.Naming;

/// <summary>Represents one rule of a <see cref="Dtab"/>: names that start with the prefix lead to the tree, the rest of the name appended to each of its leaves. Immutable; any thread.</summary>
/// <param name="Prefix">The left-hand side.</param>
/// <param name="Tree">The right-hand side.</param>
/// <remarks>Finagle's <c>Dentry</c>.</remarks>
public sealed record DtabEntry(DtabPrefix Prefix, NameTree Tree)
{
    /// <summary>Prints the entry exactly, such as <c>/svc => 9 * /a &amp; /b</c>.</summary>
    public override string ToString() => new NameTreePrinter(NameTreeFormat.Exact).Print(this);
}
