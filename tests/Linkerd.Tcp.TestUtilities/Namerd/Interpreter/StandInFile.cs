using System.Collections.Immutable;
using System.Globalization;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Reads a file of namerd's fs namer: <c>HOST PORT</c> or <c>HOST PORT * WEIGHT</c> a line. One bad line fails the file.</summary>
internal static class StandInFile
{
    public static NameState Read(string? text, StandInHosts hosts)
    {
        if (text is null)
        {
            return new NameState.Neg();
        }

        var addresses = ImmutableArray.CreateBuilder<StandInAddress>();
        foreach (var line in text.Split('\n').Select(line => line.Split('#')[0].Trim()).Where(line => line.Length > 0))
        {
            var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            var weight = 0.0;
            var isGood = words.Length == 2 || (words.Length == 4 && words[2] == "*" && double.TryParse(words[3], NumberStyles.Float, CultureInfo.InvariantCulture, out weight));
            if (!isGood || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > ushort.MaxValue)
            {
                return new NameState.Failed($"malformed address: {line}");
            }

            if (hosts.Lookup(words[0]) is not { } found)
            {
                return new NameState.Pending();
            }

            addresses.AddRange(found.Select(ip => new StandInAddress(ip, port, words.Length == 4 ? weight : null)));
        }

        return new NameState.Bound(addresses.ToImmutable());
    }
}
