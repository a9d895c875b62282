using System.Globalization;
using System.Text.RegularExpressions;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>What the proxy said of each session when it ended.</summary>
/// <param name="ClientPort">The client.</param>
/// <param name="Reason">The close reason.</param>
/// <param name="FromClient">Bytes received from the client.</param>
/// <param name="ToServer">Bytes that the server's kernel took.</param>
/// <param name="FromServer">Bytes received from the server.</param>
/// <param name="ToClient">Bytes that the client's kernel took.</param>
internal sealed partial record SoakLedger(int ClientPort, string Reason, long FromClient, long ToServer, long FromServer, long ToClient)
{
    public static IReadOnlyList<SoakLedger> Read(LineLog log) => [.. log.Lines.Select(line => Ended().Match(line)).Where(match => match.Success).Select(match => new SoakLedger(
        int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture),
        match.Groups[2].Value,
        Number(match, 3),
        Number(match, 4),
        Number(match, 5),
        Number(match, 6)))];

    private static long Number(Match match, int group) => long.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\] \S+:(\d+) to .* ended (\S+) after \S+ ms; (\d+) bytes from the client, (\d+) to the server, (\d+) from the server, (\d+) to the client$")]
    private static partial Regex Ended();
}
