using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>
/// Compares a line that a page shows with one that was printed. They are equal, except that <c>...</c> on the page is any text, and that these vary:
/// dates with times, digests in hexadecimal, numbers with two or more decimals, ports of clients (from 32768 on), the width of blanks between columns,
/// and a count at the beginning of a line (as of <c>uniq -c</c>), by a fifth, or by 3.
/// </summary>
internal static partial class PrintedLine
{
    private const string Number = @"-?\d+(\.\d+)?([eE][-+]?\d+)?";

    /// <summary>Returns whether the printed line is the one that the page shows.</summary>
    public static bool IsAsShown(string shown, string printed)
    {
        if (Count.Match(shown) is { Success: true } expected && Count.Match(printed) is { Success: true } actual)
        {
            var (few, many) = (int.Parse(expected.Groups["count"].Value, CultureInfo.InvariantCulture), int.Parse(actual.Groups["count"].Value, CultureInfo.InvariantCulture));
            return Math.Abs(few - many) <= Math.Max(3, few / 5) && IsAsShown(expected.Groups["rest"].Value, actual.Groups["rest"].Value);
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
        $@"(?<any>\.\.\.)|(?<time>{Time})|(?<date>{Date})|(?<digest>[0-9A-Fa-f]{{32,}})|(?<decimal>(?<![\d.])\d+\.\d{{2,}}(?![\d.]))|(?<client>(?<=:)(3276[89]|327[7-9]\d|32[89]\d\d|3[3-9]\d{{3}}|[45]\d{{4}}|6[0-5]\d{{3}})\b)|(?<blanks> {{2,}})",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Varying { get; }
}
