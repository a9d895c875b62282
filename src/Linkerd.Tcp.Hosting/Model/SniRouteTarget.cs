using System.Globalization;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;

namespace Linkerd.Tcp.Hosting;

/// <summary>
/// Represents the target of a route by server name: a tree of names as other targets, or one name with captures, such as <c>/svc/{1}</c>, in which <c>{1}</c> is the label that the first
/// <c>*</c> of the pattern stands for. Immutable; any thread.
/// </summary>
public sealed class SniRouteTarget
{
    // More labels than this are in no host name.
    private const int MaxCapture = 127;
    private const string Expected = "expected a name such as /svc/{1}, as only a name can have captures";

    private readonly string? _template;

    private SniRouteTarget(string? template, NameTree tree) => (_template, Tree) = (template, tree);

    /// <summary>Initializes a target without captures.</summary>
    /// <param name="tree">The tree.</param>
    public SniRouteTarget(NameTree tree)
        : this(null, tree) => ArgumentNullException.ThrowIfNull(tree);

    /// <summary>Gets a value that indicates whether the target is a name with captures.</summary>
    public bool HasCaptures => _template is not null;

    /// <summary>Gets the tree; of a name with captures, an example of it.</summary>
    public NameTree Tree { get; }

    /// <summary>Creates a target of a name with captures.</summary>
    /// <param name="text">The name, such as <c>/svc/{1}</c>.</param>
    /// <exception cref="InvalidValueException">The text is not such a name.</exception>
    public static SniRouteTarget FromTemplate(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split('{');
        if (parts.Length == 1)
        {
            throw new InvalidValueException($"'{text}' has no capture; {Expected}");
        }

        var most = parts.Skip(1).Max(static part => part.IndexOf('}', StringComparison.Ordinal) is var end and > 0 && part[0] != '0'
            && int.TryParse(part.AsSpan(0, end), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= MaxCapture
            ? number : throw new InvalidValueException($"'{{{part}' begins with no capture; {Expected}"));
        try
        {
            _ = new ServerNameRule(string.Join('.', Enumerable.Repeat("*", most)), text);
        }
        catch (NameSyntaxException error)
        {
            throw new InvalidValueException($"{error.Message}; {Expected}");
        }

        // The client chooses what captures stand for, and a dtab has names for more than one purpose.
        return parts[0].Length > 1 && parts[0].IndexOf('/', 1) > 0
            ? new SniRouteTarget(text, new NameTree.Leaf(DstPath.Parse(string.Concat(parts.Select(static (part, i) => i == 0 ? part : "x" + part[(part.IndexOf('}', StringComparison.Ordinal) + 1)..])))))
            : throw new InvalidValueException("clients could choose any name, as the first label has a capture; expected a name such as /svc/{1}");
    }

    /// <summary>Returns the target as it was given.</summary>
    public override string ToString() => _template ?? Tree.ToString();
}
