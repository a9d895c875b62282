using System.Collections.Immutable;
using System.Globalization;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Reads dtabs by the grammar of namerd; made apart from the product's own, so that each can be wrong alone.</summary>
internal sealed class StandInDtabParser(string text)
{
    private int _position;

    /// <summary>dtab ::= [ dentry { ';' dentry } [ ';' ] ]</summary>
    /// <exception cref="FormatException">The text is no dtab.</exception>
    public ImmutableArray<(ImmutableArray<string> Prefix, StandInTree Tree)> TakeDtab()
    {
        var entries = ImmutableArray.CreateBuilder<(ImmutableArray<string> Prefix, StandInTree Tree)>();
        SkipSpace();
        while (_position < text.Length)
        {
            entries.Add(TakeEntry());
            if (_position < text.Length)
            {
                Take(";");
                SkipSpace();
            }
        }

        return entries.ToImmutable();
    }

    private (ImmutableArray<string> Prefix, StandInTree Tree) TakeEntry()
    {
        var start = _position;
        while (_position < text.Length && !char.IsWhiteSpace(text[_position]) && text[_position] != '=')
        {
            _position++;
        }

        var prefix = text[start.._position];
        if (!prefix.StartsWith('/'))
        {
            throw new FormatException($"a prefix is expected at '{text[start..]}'");
        }

        SkipSpace();
        Take("=>");
        var labels = prefix == "/" ? [] : prefix[1..].Split('/').Select(label => label == "*" ? label : DstPath.Parse("/" + label)[0]);
        return ([.. labels], TakeAlt());
    }

    private StandInTree TakeAlt()
    {
        var branches = new List<StandInTree>();
        do
        {
            branches.Add(TakeUnion());
        }
        while (TryTake('|'));
        return branches.Count == 1 ? branches[0] : new StandInTree.Alt([.. branches]);
    }

    private StandInTree TakeUnion()
    {
        var branches = new List<(double Weight, StandInTree Tree)>();
        do
        {
            branches.Add(TakeWeighted());
        }
        while (TryTake('&'));
        return branches.Count == 1 ? branches[0].Tree : new StandInTree.Union([.. branches]);
    }

    private (double Weight, StandInTree Tree) TakeWeighted()
    {
        SkipSpace();
        var start = _position;
        while (_position < text.Length && (char.IsAsciiDigit(text[_position]) || text[_position] == '.'))
        {
            _position++;
        }

        var weight = 1.0;
        if (_position > start)
        {
            weight = double.Parse(text.AsSpan(start, _position - start), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
            SkipSpace();
            Take("*");
        }

        var tree = TakeSimple();
        SkipSpace();
        return (weight, tree);
    }

    private StandInTree TakeSimple()
    {
        SkipSpace();
        if (TryTake('('))
        {
            var tree = TakeAlt();
            Take(")");
            return tree;
        }

        if (_position < text.Length && text[_position] == '/')
        {
            var start = _position;
            while (_position < text.Length && !char.IsWhiteSpace(text[_position]) && !"|&;)".Contains(text[_position], StringComparison.Ordinal))
            {
                _position++;
            }

            return new StandInTree.Leaf(DstPath.Parse(text[start.._position]));
        }

        return TryTake('!') ? new StandInTree.Fail()
            : TryTake('~') ? new StandInTree.Neg()
            : TryTake('$') ? new StandInTree.Empty()
            : throw new FormatException($"a tree is expected at '{text[_position..]}'");
    }

    private void SkipSpace()
    {
        while (_position < text.Length && (char.IsWhiteSpace(text[_position]) || text[_position] == '#'))
        {
            _position = text[_position] == '#' ? text.IndexOf('\n', _position) is >= 0 and var end ? end : text.Length : _position + 1;
        }
    }

    private bool TryTake(char c)
    {
        if (_position >= text.Length || text[_position] != c)
        {
            return false;
        }

        _position++;
        return true;
    }

    private void Take(string expected)
    {
        if (string.CompareOrdinal(text, _position, expected, 0, expected.Length) != 0)
        {
            throw new FormatException($"'{expected}' is expected at '{text[_position..]}'");
        }

        _position += expected.Length;
    }
}
