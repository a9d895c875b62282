using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Linkerd.Tcp.Benchmarks.Baseline;

/// <summary>
/// The table of a suite in docs/benchmark.md, between a comment with its name and the next comment: a row for each set of parameters, a column for each method. A cell is the ratio to the
/// method by hand, and the time in brackets.
/// </summary>
internal sealed partial class BaselineTable
{
    private readonly string[] _columns;
    private readonly List<(string Row, BaselineCell[] Cells)> _rows = [];

    public BaselineTable(IEnumerable<string> columns) => _columns = [.. columns];

    public IReadOnlyList<string> Columns => _columns;

    public IReadOnlyList<(string Row, BaselineCell[] Cells)> Rows => _rows;

    public void Add(string row, BaselineCell[] cells) => _rows.Add((row, cells));

    /// <summary>Finds the cell of a benchmark; null if there is none.</summary>
    public BaselineCell? Find(string row, string column)
    {
        var at = Array.IndexOf(_columns, column);
        var cells = _rows.Find(known => known.Row == row).Cells;
        return at < 0 || cells is null || at >= cells.Length ? null : cells[at];
    }

    /// <summary>Reads the table of a suite from the text of a page.</summary>
    /// <exception cref="InvalidDataException">The page has no such table, or a cell is not a ratio and a time.</exception>
    public static BaselineTable Read(string page, string suite)
    {
        var lines = page[FindIn(page, suite)].Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (lines.Length < 2)
        {
            throw new InvalidDataException($"The baseline of {suite} has no rows. Write them with --update.");
        }

        var table = new BaselineTable(CellsOf(lines[0]).Skip(1));
        foreach (var line in lines[2..])
        {
            var cells = CellsOf(line);
            table.Add(cells[0], [.. cells.Skip(1).Select(cell => Parse(cell, suite))]);
        }

        return table;
    }

    /// <summary>Returns the page with this table in place of the one that it has.</summary>
    /// <exception cref="InvalidDataException">The page has no place for it.</exception>
    public string WriteTo(string page, string suite)
    {
        var range = FindIn(page, suite);
        return $"{page[..range.Start]}\n{this}{page[range.End..]}";
    }

    public override string ToString()
    {
        var text = new StringBuilder($"| | {string.Join(" | ", _columns)} |\n|---|{string.Concat(_columns.Select(static _ => "---|"))}\n");
        foreach (var (row, cells) in _rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row} | {string.Join(" | ", cells)} |\n");
        }

        return text.ToString();
    }

    private static Range FindIn(string page, string suite)
    {
        var start = $"<!-- baseline of {suite} -->";
        var from = page.IndexOf(start, StringComparison.Ordinal) + start.Length;
        var to = from < start.Length ? -1 : page.IndexOf("<!-- end -->", from, StringComparison.Ordinal);
        return to < 0 ? throw new InvalidDataException($"The page has no '{start}' with '<!-- end -->' after it.") : from..to;
    }

    private static string[] CellsOf(string line) => [.. line.Trim('|').Split('|').Select(static cell => cell.Trim())];

    private static BaselineCell Parse(string cell, string suite) => CellPattern().Match(cell) is { Success: true } match
        ? new(Number(match.Groups[1]), Number(match.Groups[2]) * (match.Groups[3].Value switch { "ns" => 1, "us" => 1e3, _ => 1e6 }))
        : throw new InvalidDataException($"The baseline of {suite} has the cell '{cell}', which is not a ratio with a time, such as '1.25 (40 ns)'.");

    private static double Number(Group text) => double.Parse(text.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^([\d.]+) \(([\d.]+) (ns|us|ms)\)$")]
    private static partial Regex CellPattern();
}

/// <summary>A result: the ratio to the method by hand, and the time of an operation.</summary>
internal readonly record struct BaselineCell(double Ratio, double Nanoseconds)
{
    public override string ToString()
    {
        var (time, unit) = Nanoseconds switch
        {
            < 1e3 => (Nanoseconds, "ns"),
            < 1e6 => (Nanoseconds / 1e3, "us"),
            _ => (Nanoseconds / 1e6, "ms"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{Ratio:0.00} ({(time < 100 ? $"{time:0.0}" : $"{time:0}")} {unit})");
    }
}
