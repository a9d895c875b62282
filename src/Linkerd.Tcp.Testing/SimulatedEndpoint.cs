using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Testing;

/// <summary>Represents one address as connects see it. Changes apply to attempts whose SYN arrives after them.</summary>
internal sealed class SimulatedEndpoint
{
    private readonly List<SimulatedLink> _links = [];

    /// <summary>Gets or sets the path of connections to here; null: the network's default.</summary>
    public SimulatedLinkOptions? Link { get; set; }

    /// <summary>Gets or sets the time that is added to the handshake. Default: 0.</summary>
    public TimeSpan ConnectDelay { get; set; }

    /// <summary>Gets the number of SYNs that arrived, repeated ones included.</summary>
    public int Attempts { get; internal set; }

    internal SimulatedListener? Listener { get; set; }

    /// <summary>Gets the established connections to here.</summary>
    internal IReadOnlyList<SimulatedLink> OpenLinks => _links;

    internal ConnectFailure Failure { get; private set; }

    internal bool IsSilent { get; private set; }

    /// <summary>Adds an established connection.</summary>
    internal void Add(SimulatedLink link) => _links.Add(link);

    /// <summary>Removes a connection that is over.</summary>
    internal void Remove(SimulatedLink link) => _links.Remove(link);

    /// <summary>Answers with a RST.</summary>
    public void Refuse() => Fail(ConnectFailure.Refused);

    /// <summary>Answers with an ICMP error.</summary>
    public void Unreachable() => Fail(ConnectFailure.Unreachable);

    /// <summary>Fails each attempt.</summary>
    public void Fail(ConnectFailure failure)
    {
        IsSilent = false;
        Failure = failure;
    }

    /// <summary>Does not answer a SYN. Attempts that wait go on when it is <see cref="Heal">healed</see>, at their next SYN.</summary>
    public void Blackhole() => IsSilent = true;

    /// <summary>Ends <see cref="Fail"/> and <see cref="Blackhole"/>.</summary>
    public void Heal()
    {
        IsSilent = false;
        Failure = ConnectFailure.None;
    }
}
