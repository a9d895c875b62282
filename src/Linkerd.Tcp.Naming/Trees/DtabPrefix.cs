using System.Collections.Immutable;
using Linkerd.Tcp.Naming.Trees;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Naming;

/// <summary>
/// Represents the left-hand side of a dtab entry: labels, any of which may be the wildcard <c>*</c> for exactly one label. Immutable; any thread.
/// </summary>
/// <remarks>Finagle's <c>Dentry.Prefix</c>.</remarks>
public sealed class DtabPrefix : IEquatable<DtabPrefix>
{
    internal const string Wildcard = "*";

    private readonly ImmutableArray<string> _elements;
    private readonly string _text;

    // Labels in their canonical form, in which a label of the byte '*' is \x2a.
    internal DtabPrefix(ImmutableArray<string> elements)
    {
        _elements = elements;
        _text = "/" + string.Join('/', elements);
    }

    /// <summary>Gets the number of labels and wildcards.</summary>
    public int Count => _elements.Length;

    /// <summary>Gets a label in its canonical form, or <c>*</c> for the wildcard.</summary>
    /// <param name="index">The index, from 0.</param>
    /// <exception cref="IndexOutOfRangeException">There is no such element.</exception>
    public string this[int index] => _elements[index];

    /// <summary>Creates a prefix of exactly the labels of a name.</summary>
    public static DtabPrefix Of(DstPath name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return new([.. Enumerable.Range(0, name.Count).Select(i => name[i])]);
    }

    /// <summary>Parses a prefix, such as <c>/svc/*/web</c>.</summary>
    /// <exception cref="NameSyntaxException">The text is not a prefix; the message shows the position.</exception>
    public static DtabPrefix Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var scanner = new NameScanner(text);
        var prefix = scanner.TakePrefix();
        scanner.TakeEnd();
        return prefix;
    }

    /// <summary>Returns a value that indicates whether the first labels of a name match this prefix.</summary>
    public bool Matches(DstPath name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Count > name.Count)
        {
            return false;
        }

        for (var i = 0; i < Count; i++)
        {
            if (_elements[i] != Wildcard && _elements[i] != name[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public bool Equals(DtabPrefix? other) => other is not null && _text == other._text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DtabPrefix);

    /// <inheritdoc/>
    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    /// <summary>Prints the prefix canonically; parsing the text gives an equal prefix.</summary>
    public override string ToString() => _text;
}
