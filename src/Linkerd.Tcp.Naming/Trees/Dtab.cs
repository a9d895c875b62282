using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Linkerd.Tcp.Naming.Trees;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Naming;

/// <summary>
/// Represents a delegation table: rules that lead from names to trees of names, <c>/svc => /#/io.l5d.fs ; /svc/web => /svc/web-v2 | /svc/web-v1</c>.
/// Later entries win; earlier ones are their fall-back. Immutable; any thread.
/// </summary>
/// <remarks>Finagle's <c>Dtab</c>.</remarks>
public sealed class Dtab : IEquatable<Dtab>
{
    // Fewer entries are looked through faster than found.
    private const int MinIndexed = 32;
    private DtabIndex? _index;

    /// <summary>Initializes a dtab from entries, later ones win.</summary>
    public Dtab(params ImmutableArray<DtabEntry> entries) => Entries = entries.IsDefault ? [] : entries;

    /// <summary>Gets the dtab without entries.</summary>
    public static Dtab Empty { get; } = new();

    /// <summary>Gets the entries in the order of the text; later ones win.</summary>
    public ImmutableArray<DtabEntry> Entries { get; }

    /// <summary>
    /// Parses a dtab: entries separated by <c>;</c>, one of which may stand at the end. White space and comments (<c># ...</c> to the end of the line) may stand
    /// wherever a space may. An empty text is the empty dtab.
    /// </summary>
    /// <exception cref="NameSyntaxException">The text is not a dtab; the message shows the position, in namerd's words.</exception>
    public static Dtab Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return NameTreeParser.ParseDtab(text);
    }

    /// <summary>Parses a dtab; returns false if the text is not one.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out Dtab dtab)
    {
        dtab = null;
        try
        {
            dtab = text is null ? null : Parse(text);
        }
        catch (NameSyntaxException)
        {
        }

        return dtab is not null;
    }

    /// <summary>Returns this dtab with another one behind it, whose entries win.</summary>
    public Dtab Append(Dtab more)
    {
        ArgumentNullException.ThrowIfNull(more);
        return more.Entries.IsEmpty ? this : Entries.IsEmpty ? more : new(Entries.AddRange(more.Entries));
    }

    /// <summary>Gets the index of the last entry before the given one whose prefix matches a name; -1 if there is none.</summary>
    internal int FindLast(DstPath name, int before)
    {
        if (Entries.Length >= MinIndexed)
        {
            // Two threads may both create one: the same.
            return (_index ??= new DtabIndex(Entries)).FindLast(name, before);
        }

        for (var i = before - 1; i >= 0; i--)
        {
            if (Entries[i].Prefix.Matches(name))
            {
                return i;
            }
        }

        return -1;
    }

    /// <inheritdoc/>
    public bool Equals(Dtab? other) => other is not null && Entries.AsSpan().SequenceEqual(other.Entries.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Dtab);

    /// <inheritdoc/>
    public override int GetHashCode() => HashOf.Items(Entries);

    /// <summary>Prints the dtab in a format, on one line.</summary>
    public string ToString(NameTreeFormat format) => new NameTreePrinter(format).Print(this);

    /// <summary>Prints the dtab exactly: parsing the text gives an equal dtab.</summary>
    public override string ToString() => ToString(NameTreeFormat.Exact);
}
