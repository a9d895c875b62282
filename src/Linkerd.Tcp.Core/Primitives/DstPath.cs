using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp;

/// <summary>
/// Represents a name: the path of a destination, such as <c>/svc/web</c> or <c>/$/inet/127.0.0.1/8080</c>.
/// Labels are byte strings, compared exactly; in a label with a character other than <c>0-9A-Za-z_:.#$%-</c> every byte is written as <c>\xhh</c>.
/// Immutable; any thread.
/// </summary>
/// <remarks>Grammar: Finagle's <c>Path</c> and <c>NameTreeParsers</c>, as in linkerd 1.x.</remarks>
public sealed class DstPath : IEquatable<DstPath>, IParsable<DstPath>
{
    // The canonical form of a label has exactly its bytes, so the text alone decides equality.
    private readonly ImmutableArray<string> _labels;
    private readonly string _text;

    private DstPath(ImmutableArray<string> labels)
    {
        _labels = labels;
        _text = labels.IsEmpty ? "/" : "/" + string.Join('/', labels);
    }

    /// <summary>Gets the empty path, <c>/</c>, which is a prefix of every path.</summary>
    public static DstPath Root { get; } = new([]);

    /// <summary>Gets the number of labels; 0 for <see cref="Root"/>.</summary>
    public int Count => _labels.Length;

    /// <summary>Gets a label in its canonical form.</summary>
    /// <param name="index">The index, from 0.</param>
    /// <exception cref="IndexOutOfRangeException">There is no such label.</exception>
    public string this[int index] => _labels[index];

    /// <summary>Parses a name. White space around it is ignored.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used: names are the same in every culture.</param>
    /// <exception cref="NameSyntaxException">The text is not a name; the message shows the position.</exception>
    public static DstPath Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        var scanner = new NameScanner(s);
        scanner.SkipSpace();
        var path = scanner.TakePath();
        scanner.SkipSpace();
        scanner.TakeEnd();
        return FromText(path);
    }

    /// <summary>Parses a name; returns false if the text is not a name.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out DstPath result)
    {
        try
        {
            result = s is null ? null : Parse(s);
            return result is not null;
        }
        catch (NameSyntaxException)
        {
            result = null;
            return false;
        }
    }

    /// <summary>Creates a name of the given labels, each as its UTF-8 bytes; no escapes are read.</summary>
    /// <exception cref="ArgumentException">A label is empty.</exception>
    public static DstPath FromLabels(params ReadOnlySpan<string> labels)
    {
        var printed = ImmutableArray.CreateBuilder<string>(labels.Length);
        foreach (var label in labels)
        {
            ArgumentException.ThrowIfNullOrEmpty(label, nameof(labels));
            printed.Add(NameLabel.Print(Encoding.UTF8.GetBytes(label)));
        }

        return FromCanonicalLabels(printed.MoveToImmutable());
    }

    /// <summary>Returns a value that indicates whether the labels of <paramref name="prefix"/> are the first labels of this name. Every name starts with itself.</summary>
    public bool StartsWith(DstPath prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return prefix.Count == 0
            || (_text.StartsWith(prefix._text, StringComparison.Ordinal) && (_text.Length == prefix._text.Length || _text[prefix._text.Length] == '/'));
    }

    /// <summary>Returns this name without its first labels.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The name has fewer labels.</exception>
    public DstPath Skip(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count);
        return count == 0 ? this : FromCanonicalLabels(_labels[count..]);
    }

    /// <summary>Returns the first labels of this name.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The name has fewer labels.</exception>
    public DstPath Take(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count);
        return count == Count ? this : FromCanonicalLabels(_labels[..count]);
    }

    /// <summary>Returns this name followed by the labels of another.</summary>
    public DstPath Append(DstPath suffix)
    {
        ArgumentNullException.ThrowIfNull(suffix);
        return suffix.Count == 0 ? this : Count == 0 ? suffix : new(_labels.AddRange(suffix._labels));
    }

    bool IEquatable<DstPath>.Equals(DstPath? other) => other is not null && _text.Equals(other._text, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => ((IEquatable<DstPath>)this).Equals(obj as DstPath);

    /// <inheritdoc/>
    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    /// <summary>Returns the canonical text; parsing it gives an equal name.</summary>
    public override string ToString() => _text;

    /// <summary>Returns a value that indicates whether two names have the same labels.</summary>
    public static bool operator ==(DstPath? left, DstPath? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Returns a value that indicates whether two names have different labels.</summary>
    public static bool operator !=(DstPath? left, DstPath? right) => !(left == right);

    private static DstPath FromText(ReadOnlySpan<char> path)
    {
        if (path.Length == 1)
        {
            return Root;
        }

        var labels = ImmutableArray.CreateBuilder<string>();
        foreach (var label in path[1..].Split('/'))
        {
            labels.Add(NameLabel.Print(path[1..][label]));
        }

        return new(labels.DrainToImmutable());
    }

    private static DstPath FromCanonicalLabels(ImmutableArray<string> labels) => labels.IsEmpty ? Root : new(labels);
}
