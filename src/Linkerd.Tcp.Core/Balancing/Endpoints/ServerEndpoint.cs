using System.Net;
using System.Runtime.InteropServices;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Balancing;

/// <summary>
/// One address of a destination, with its state at run time: load, picks, failures, breaker. One per address and balancer, whatever the
/// number of groups that it is in. It stays while the balancer knows the address, and as long as a lease of it is held. Any thread.
/// </summary>
public sealed partial class ServerEndpoint
{
    private readonly EndpointPolicy _policy;
    private EndpointHost? _host;
    private EndpointMetadata? _metadata;
    private double _weight = 1;
    private Counters _counters;

    internal ServerEndpoint(EndPoint address, EndpointPolicy policy)
    {
        Address = address;
        _policy = policy;
        _patience = policy.AnswerPatience;
        if (policy.IsLimited)
        {
            SetGate(AdmissionGate.Limited);
        }
    }

    /// <summary>The address.</summary>
    public EndPoint Address { get; }

    /// <summary>
    /// The weight that discovery, or an operator, gave it last, 1 where that was not valid; in the first of its groups where it is in several.
    /// </summary>
    public double Weight
    {
        get => Volatile.Read(ref _weight);
        internal set => Volatile.Write(ref _weight, value);
    }

    /// <summary>
    /// Gets what discovery said of it last, beside address and weight; null if it said nothing. In the first of its groups if it is in several. A change of it alone
    /// leaves everything else of the endpoint as it is; connections that are made from then on see the new one.
    /// </summary>
    public EndpointMetadata? Metadata
    {
        get => Volatile.Read(ref _metadata);
        internal set => Volatile.Write(ref _metadata, value);
    }

    /// <summary>How often it was picked, in total.</summary>
    public long Picks => Volatile.Read(ref _counters.Picks);

    /// <summary>The leases of it that are held now: connections that are open or being established.</summary>
    public long Load
    {
        get
        {
            // Exact: no lease was given back between the two reads of a count that only grows. A pick does without, and may see a load that is too high.
            while (true)
            {
                var released = Volatile.Read(ref _counters.Released);
                var load = Volatile.Read(ref _counters.Picks) - released;
                if (Volatile.Read(ref _counters.Released) == released)
                {
                    return load;
                }
            }
        }
    }

    /// <summary>The leases whose connection is established.</summary>
    public long Open => Volatile.Read(ref _counters.Open);

    /// <summary>Gets the number of leases whose attempt to connect has not ended.</summary>
    public long Pending => Math.Max(0, Load - Open);

    /// <summary>
    /// How many connects to it failed, in total; without those that say nothing about it
    /// (<see cref="ConnectFailure.LocalResources"/>, <see cref="ConnectFailure.Cancelled"/>).
    /// </summary>
    public long ConnectFailures => Volatile.Read(ref _counters.ConnectFailures);

    /// <summary>The host that its address was looked up for, in the first of its groups; null if it was given as such. Set under the balancer's lock.</summary>
    internal EndpointHost? Host
    {
        get => Volatile.Read(ref _host);
        set
        {
            Volatile.Write(ref _host, value);
            if (value is not null && value.UntilOf(Address.AddressFamily) != 0)
            {
                DoubtFamily();
            }
        }
    }

    /// <summary>Scratch of the update that runs now, under the balancer's lock: where it stood in the group that is being replaced.</summary>
    internal int Mark { get; set; }

    /// <summary>The last update that named it, under the balancer's lock.</summary>
    internal int Generation { get; set; }

    internal AdmissionGate Gate => (AdmissionGate)Volatile.Read(ref _counters.Gate);

    /// <summary>Who wants to know of every change of its load; null for algorithms that look when they pick. Set under the balancer's lock.</summary>
    internal LoadObservers? Observers
    {
        get => Volatile.Read(ref _counters.Observers);
        set => Volatile.Write(ref _counters.Observers, value);
    }

    /// <summary>The address and the load, for logs.</summary>
    public override string ToString() => $"{Address} (load {Load})";

    /// <summary>The load and the picks, of one moment but for what other threads do meanwhile.</summary>
    internal long ReadLoad(out long picks)
    {
        // Released first: the other way round a release could be seen without its pick, and the load be less than nothing.
        var released = Volatile.Read(ref _counters.Released);
        picks = Volatile.Read(ref _counters.Picks);
        return picks - released;
    }

    /// <summary>The other family of its host is preferred, for as long as the host says.</summary>
    internal void DoubtFamily() => SetGate(AdmissionGate.OtherFamily);

    private void SetGate(AdmissionGate gate) => Interlocked.Or(ref _counters.Gate, (int)gate);

    private void ClearGate(AdmissionGate gate) => Interlocked.And(ref _counters.Gate, ~(int)gate);

    // What a pick reads and writes stands together, so that it costs one cache line; the rest of the size keeps the line of the
    // next endpoint on the heap away from it (64 bytes; objects are not aligned, so the gap is what counts).
    [StructLayout(LayoutKind.Explicit, Size = 96)]
    private struct Counters
    {
        [FieldOffset(0)]
        public long Picks;

        [FieldOffset(8)]
        public long Released;

        [FieldOffset(16)]
        public long Open;

        [FieldOffset(24)]
        public int Gate;

        [FieldOffset(32)]
        public long UnansweredSince;

        [FieldOffset(40)]
        public LoadObservers? Observers;

        [FieldOffset(48)]
        public LatencyAverage Latency;

        [FieldOffset(64)]
        public long ConnectFailures;
    }
}
