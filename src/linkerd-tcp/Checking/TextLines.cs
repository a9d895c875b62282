using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.Checking;

/// <summary>The lines of a text, for the places of many characters in it.</summary>
internal sealed class TextLines
{
    private readonly List<int> _starts = [0];

    /// <summary>Finds the lines.</summary>
    public TextLines(string text)
    {
        for (var i = text.IndexOf('\n', StringComparison.Ordinal); i >= 0; i = text.IndexOf('\n', i + 1))
        {
            _starts.Add(i + 1);
        }
    }

    /// <summary>Gets the place of a character; of the end if there is none.</summary>
    public TextPosition PositionOf(int index)
    {
        var found = _starts.BinarySearch(index);
        var line = found >= 0 ? found : ~found - 1;
        return new(line + 1, index - _starts[line] + 1);
    }
}
