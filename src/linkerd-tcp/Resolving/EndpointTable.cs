namespace Linkerd.Tcp.Cli;

/// <summary>Endpoints in columns, for people.</summary>
internal static class EndpointTable
{
    private const string Margin = "    ";

    /// <summary>A line for each, under one with what the columns are.</summary>
    public static IEnumerable<string> Print(IReadOnlyList<EndpointShare> endpoints)
    {
        if (endpoints.Count == 0)
        {
            return [];
        }

        var hasTiers = endpoints.Any(endpoint => endpoint.Tier != 0);
        string[][] rows =
        [
            Row("ENDPOINT", "WEIGHT", "SHARE", hasTiers, "TIER"),
            .. endpoints.Select(endpoint => Row(
                $"{endpoint.EndPoint}", WeightText.Print(endpoint.Weight), WeightText.PrintShare(endpoint.Share), hasTiers, $"{endpoint.Tier}")),
        ];
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        return rows.Select(row => (Margin + string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column])))).TrimEnd());
    }

    private static string[] Row(string endPoint, string weight, string share, bool hasTiers, string tier) =>
        hasTiers ? [endPoint, weight, share, tier] : [endPoint, weight, share];
}
