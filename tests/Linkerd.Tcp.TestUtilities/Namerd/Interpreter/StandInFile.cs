using System.Collections.Immutable;
using System.Globalization;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>
/// A file of namerd's fs namer: <c>HOST PORT</c> or <c>HOST PORT * WEIGHT</c> a line. One bad line fails the file. Read once, and again where a host of it changed.
/// </summary>
internal sealed class StandInFile
{
    private readonly List<(string? Ip, string Host, int Port, double? Weight)> _lines = [];
    private readonly HashSet<string> _hosts = [];
    private readonly NameState.Failed? _failure;
    private readonly List<string[]?> _found = [];
    private NameState? _state;

    public StandInFile(string text)
    {
        foreach (var line in text.Split('\n').Select(line => line.Split('#')[0].Trim()).Where(line => line.Length > 0))
        {
            var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            double weight = 0;
            var isGood = words.Length == 2 || (words.Length == 4 && words[2] == "*" && JavaDouble.TryParse(words[3], out weight));
            if (!isGood || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > ushort.MaxValue)
            {
                _failure = new NameState.Failed($"malformed address: {line}");
                return;
            }

            var ip = StandInHosts.Literal(words[0]);
            _lines.Add((ip, words[0], port, words.Length == 4 ? weight : null));
            if (ip is null)
            {
                _hosts.Add(words[0]);
            }
        }
    }

    public NameState Read(StandInHosts hosts)
    {
        if (_failure is not null)
        {
            return _failure;
        }

        // Every host is looked up each time, so that the reader is known to depend on it.
        var found = _hosts.ToDictionary(host => host, hosts.Lookup);
        if (_state is null || !found.Values.SequenceEqual(_found, SameAddresses.Instance))
        {
            _found.Clear();
            _found.AddRange(found.Values);
            _state = found.ContainsValue(null) ? new NameState.Pending() : new NameState.Bound(Addresses(found)) { LacksHost = found.Values.Any(addresses => addresses is []) };
        }

        return _state;
    }

    private ImmutableArray<StandInAddress> Addresses(Dictionary<string, string[]?> found) =>
    [
        .. _lines.SelectMany(line => (line.Ip is { } literal ? [literal] : found[line.Host]!).Select(ip => new StandInAddress(ip, line.Port, line.Weight))).Distinct(),
    ];

    private sealed class SameAddresses : IEqualityComparer<string[]?>
    {
        public static SameAddresses Instance { get; } = new();

        public bool Equals(string[]? x, string[]? y) => x is null || y is null ? x == y : x.AsSpan().SequenceEqual(y);

        public int GetHashCode(string[] obj) => obj.Length;
    }
}
