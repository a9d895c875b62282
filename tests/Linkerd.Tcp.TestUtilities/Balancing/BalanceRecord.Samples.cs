namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <content>Loads, as they are sampled.</content>
public sealed partial class BalanceRecord
{
    private readonly List<(int Server, long Load, double Weight, bool IsEjected)> _sample = [];

    /// <summary>From when on loads are compared with fair ones. Before, there are too few sessions to speak of shares.</summary>
    public TimeSpan SettledAt { get; internal set; } = TimeSpan.FromSeconds(2);

    /// <summary>The greatest load of an endpoint that is up, as a multiple of its fair load.</summary>
    public double MaxLoadRatio { get; private set; }

    /// <summary>By how many connections the load of an endpoint was above 1.2 times its fair load, at most.</summary>
    public double MaxExcess { get; private set; }

    /// <summary>Which endpoint had the greatest ratio, and when.</summary>
    public (int Server, TimeSpan At) MaxLoadRatioAt { get; private set; }

    /// <summary>The most sessions that waited.</summary>
    public int MostWaiting { get; private set; }

    /// <summary>By how many connections the load of one of some servers was above 1.2 times its fair load, at most, in a time of the run.</summary>
    public double MaxExcessOf(int firstServer, int afterLastServer, double from, double to) => Servers.Take(firstServer..afterLastServer)
        .SelectMany(static server => server.Samples)
        .Where(sample => sample.Fair > 0 && sample.At.TotalSeconds > from && sample.At.TotalSeconds <= to)
        .Max(static sample => Math.Max(0, sample.Load - (1.2 * sample.Fair)));

    /// <summary>The greatest load of an endpoint that is up, as a multiple of its fair load, from a time until sessions arrive no more.</summary>
    public double MaxLoadRatioFrom(double seconds) => Servers.SelectMany(static server => server.Samples)
        .Where(sample => sample.Fair > 0 && sample.At.TotalSeconds >= seconds && sample.At < Case.Duration)
        .Max(static sample => sample.Load / sample.Fair);

    /// <summary>The share of the first few servers in all sessions of a time of the run, in whole seconds.</summary>
    public double ShareOfSessions(int servers, int from, int to) =>
        (double)Servers.Take(servers).Sum(server => server.Served.Take(from..to).Sum()) / Served.Take(from..to).Sum();

    internal void BeginSample() => _sample.Clear();

    internal void AddSample(int server, long load, double weight, bool isEjected) => _sample.Add((server, load, weight, isEjected));

    internal void EndSample(TimeSpan now, int waiting)
    {
        MostWaiting = Math.Max(MostWaiting, waiting);
        var weights = _sample.Sum(static endpoint => endpoint.Weight);
        var loads = _sample.Sum(static endpoint => endpoint.Weight > 0 ? endpoint.Load : 0);
        foreach (var (server, load, weight, isEjected) in _sample)
        {
            var fair = weights > 0 ? loads * weight / weights : 0;
            Servers[server].Add(new LoadSample(now, load, fair, isEjected));
            if (fair > 0 && now >= SettledAt && now < Case.Duration)
            {
                NoteLoad(server, now, load, fair);
            }
        }
    }

    private void NoteLoad(int server, TimeSpan now, long load, double fair)
    {
        MaxExcess = Math.Max(MaxExcess, load - (1.2 * fair));
        if (load / fair > MaxLoadRatio)
        {
            MaxLoadRatio = load / fair;
            MaxLoadRatioAt = (server, now);
        }
    }
}
