using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Testing;

/// <summary>What connecting to one address meets. Changes apply to attempts whose SYN arrives after them.</summary>
internal sealed class SimulatedEndpoint
{
    private readonly List<SimulatedLink> _links = [];
    private int _sweepAt = 16;

    /// <summary>How links to here behave; null: as the network's default.</summary>
    public SimulatedLinkOptions? Link { get; set; }

    /// <summary>What is added to the handshake. Default: nothing.</summary>
    public TimeSpan ConnectDelay { get; set; }

    /// <summary>SYNs that arrived, repeated ones included.</summary>
    public int Attempts { get; internal set; }

    internal SimulatedListener? Listener { get; set; }

    /// <summary>The established connections to here.</summary>
    internal IEnumerable<SimulatedLink> OpenLinks => _links.Where(static link => !link.IsOver);

    internal ConnectFailure Failure { get; private set; }

    internal bool IsSilent { get; private set; }

    /// <summary>Adds an established connection. Those that are over leave the list when it has doubled.</summary>
    internal void Add(SimulatedLink link)
    {
        if (_links.Count >= _sweepAt)
        {
            _links.RemoveAll(static link => link.IsOver);
            _sweepAt = Math.Max(16, 2 * _links.Count);
        }

        _links.Add(link);
    }

    /// <summary>Answers with a RST.</summary>
    public void Refuse() => Fail(ConnectFailure.Refused);

    /// <summary>Answers with an ICMP error.</summary>
    public void Unreachable() => Fail(ConnectFailure.Unreachable);

    /// <summary>Fails each attempt so.</summary>
    public void Fail(ConnectFailure failure)
    {
        IsSilent = false;
        Failure = failure;
    }

    /// <summary>Does not answer a SYN. Attempts that wait go on when it is <see cref="Heal">healed</see>, at their next SYN.</summary>
    public void Blackhole() => IsSilent = true;

    /// <summary>Behaves again.</summary>
    public void Heal()
    {
        IsSilent = false;
        Failure = ConnectFailure.None;
    }
}
