using System.Text;

namespace Linkerd.Tcp.LoadTest.Reporting;

/// <summary>A table in Markdown whose columns also line up on a terminal.</summary>
internal sealed class MarkdownTable(IReadOnlyList<string> header)
{
    private readonly List<IReadOnlyList<string>> _rows = [];

    public void Add(IReadOnlyList<string> row) => _rows.Add(row);

    public override string ToString()
    {
        var widths = header.Select((title, i) => _rows.Select(row => row[i].Length).Append(title.Length).Max()).ToArray();
        var text = new StringBuilder();
        Append(text, header, widths);
        text.Append('|').AppendJoin('|', widths.Select(static width => new string('-', width + 2))).AppendLine("|");
        foreach (var row in _rows)
        {
            Append(text, row, widths);
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, IReadOnlyList<string> row, int[] widths) =>
        text.Append("| ").AppendJoin(" | ", row.Select((value, i) => value.PadRight(widths[i]))).AppendLine(" |");
}
