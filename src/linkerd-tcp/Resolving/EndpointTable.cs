namespace Linkerd.Tcp.Cli.Resolving;

/// <summary>Prints endpoints in columns.</summary>
internal static class EndpointTable
{
    private const string Margin = "    ";

    /// <summary>Prints a line for each, after one with the titles of the columns.</summary>
    public static IEnumerable<string> Print(IReadOnlyList<EndpointShare> endpoints)
    {
        if (endpoints.Count == 0)
        {
            return [];
        }

        // Columns for properties that few sets have are there only if the set has them.
        var hasTiers = endpoints.Any(endpoint => endpoint.Tier != 0);
        var hasAuthorities = endpoints.Any(endpoint => endpoint.Authority is not null);
        string[][] rows =
        [
            Row("ENDPOINT", "WEIGHT", "SHARE", hasTiers ? "TIER" : null, hasAuthorities ? "AUTHORITY" : null),
            .. endpoints.Select(endpoint => Row(
                $"{endpoint.EndPoint}", WeightText.Print(endpoint.Weight), WeightText.PrintShare(endpoint.Share),
                hasTiers ? $"{endpoint.Tier}" : null, hasAuthorities ? endpoint.Authority ?? "-" : null)),
        ];
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        return rows.Select(row => (Margin + string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column])))).TrimEnd());
    }

    private static string[] Row(params IEnumerable<string?> cells) => [.. cells.OfType<string>()];
}
