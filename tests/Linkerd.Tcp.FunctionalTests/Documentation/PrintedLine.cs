using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>
/// Compares a line that a page shows with one that was printed. They are equal, except that <c>...</c> on the page is any text, and that these vary:
/// dates with times, digests in hexadecimal, numbers with two or more decimals, ports of clients (from 32768 on), the number of sessions that the limit of descriptors allows, the milliseconds and bytes of the access log, the width of blanks between columns,
/// and counts at the beginning of lines (as of <c>uniq -c</c>), of which only the sum is as shown: each may differ by four times its square root.
/// </summary>
internal static partial class PrintedLine
{
    /// <summary>A line of a page that stands for any number of lines.</summary>
    public const string Gap = "...";

    private const string Number = @"-?\d+(\.\d+)?([eE][-+]?\d+)?";

    /// <summary>Returns whether the printed lines are those that the page shows, where <see cref="Gap"/> is any number of lines.</summary>
    public static bool AreAsShown(IReadOnlyList<string> shown, IReadOnlyList<string> printed) =>
        shown.Sum(CountOf) == printed.Sum(CountOf) && AreAsShown([.. shown], [.. printed]);

    private static bool AreAsShown(ReadOnlySpan<string> shown, ReadOnlySpan<string> printed) =>
        shown.IsEmpty ? printed.IsEmpty
        : shown[0] == Gap ? AreAsShown(shown[1..], printed) || (!printed.IsEmpty && AreAsShown(shown, printed[1..]))
        : !printed.IsEmpty && IsAsShown(shown[0], printed[0]) && AreAsShown(shown[1..], printed[1..]);

    private static int CountOf(string line) => Count.Match(line) is { Success: true } match ? int.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture) : 0;

    /// <summary>Returns whether the printed line is the one that the page shows.</summary>
    public static bool IsAsShown(string shown, string printed)
    {
        if (Count.Match(shown) is { Success: true } expected && Count.Match(printed) is { Success: true } actual)
        {
            var (few, many) = (CountOf(shown), CountOf(printed));
            return Math.Abs(few - many) <= 4 * Math.Sqrt(few) && IsAsShown(expected.Groups["rest"].Value, actual.Groups["rest"].Value);
        }

        var pattern = new StringBuilder(@"\A");
        var end = 0;
        foreach (Match match in Varying.Matches(shown))
        {
            pattern.Append(Regex.Escape(shown[end..match.Index])).Append(match.Groups.Cast<Group>().Skip(1).Single(static group => group.Success).Name switch
            {
                "any" => ".*",
                "time" => Time,
                "date" => Date,
                "digest" => "[0-9A-Fa-f]{32,}",
                "decimal" => Number,
                "client" => @"\d{4,5}",
                "sessions" => @"\d+",
                "record" => @"-?\d+/-?\d+/-?\d+ \d+",
                _ => " +",
            });
            end = match.Index + match.Length;
        }

        return Regex.IsMatch(printed, pattern.Append(Regex.Escape(shown[end..])).Append(@"\z").ToString());
    }

    private const string Time = @"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?";
    private const string Date = @"\d\d/[A-Z][a-z]{2}/\d{4}[: ]\d\d:\d\d:\d\d(\.\d+)?";

    [GeneratedRegex(@"^ *(?<count>\d+) (?<rest>.*)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Count { get; }

    [GeneratedRegex(
        $@"(?<any>\.\.\.)|(?<time>{Time})|(?<date>{Date})|(?<digest>[0-9A-Fa-f]{{32,}})|(?<decimal>(?<![\d.])\d+\.\d{{2,}}(?![\d.]))|(?<client>(?<=:)(3276[89]|327[7-9]\d|32[89]\d\d|3[3-9]\d{{3}}|[45]\d{{4}}|6[0-5]\d{{3}})\b)|(?<record>(?<= )\d+/\d+/\d+ \d+(?= ))|(?<sessions>(?<=up to )\d+(?= sessions))|(?<blanks> {{2,}})",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Varying { get; }
}
