using System.Collections.Concurrent;
using Linkerd.Tcp.Proxying;

namespace Linkerd.Tcp;

/// <summary>
/// Represents the side that ended a session, and the phase in which it ended, as the two letters of HAProxy's session state at disconnection: <c>--</c> is the normal end,
/// <c>CD</c> a client that reset the connection in the data phase, <c>sC</c> a server that did not answer a connect in time. For a session that a limit
/// of the proxy refused, the limit follows: <c>PA:accept_rate</c>. Immutable; any thread.
/// </summary>
/// <remarks>HAProxy configuration manual, section 8.5, "Session state at disconnection".</remarks>
public readonly struct CloseReason : IEquatable<CloseReason>
{
    private const int TimedOutBit = 1 << 16;
    private const int RefusalShift = 17;
    private const int RefusalMask = 0x7F;
    private const int Decided = 1 << 24;

    // The reasons are few, and every session reports one to the metrics.
    private static readonly ConcurrentDictionary<int, string> Texts = new();

    /// <summary>Initializes a reason.</summary>
    /// <param name="by">Who.</param>
    /// <param name="phase">When.</param>
    /// <param name="timedOut">Whether a time limit decided; the first letter is lower case then.</param>
    public CloseReason(ClosedBy by, ClosePhase phase, bool timedOut = false)
        : this(by, phase, timedOut, RejectReason.None)
    {
    }

    private CloseReason(ClosedBy by, ClosePhase phase, bool timedOut, RejectReason rejectReason) => (By, Phase, TimedOut, RejectReason) = (by, phase, timedOut, rejectReason);

    /// <summary>Both directions ended with a FIN.</summary>
    public static CloseReason Normal => default;

    /// <summary>Which limit of the proxy's refused the client; <see cref="RejectReason.None"/> where none did.</summary>
    public RejectReason RejectReason { get; }

    /// <summary>Who ended the session.</summary>
    public ClosedBy By { get; }

    /// <summary>The phase in which it ended.</summary>
    public ClosePhase Phase { get; }

    /// <summary>Whether a time limit decided; the first letter is lower case then.</summary>
    public bool TimedOut { get; }

    /// <summary>Gets a value that indicates whether this is the normal end.</summary>
    public bool IsNormal => By == ClosedBy.None;

    /// <summary>The letters, and the word of a refusal, as a string that is made once.</summary>
    internal string Text => Texts.GetOrAdd(Pack(), static packed => Unpack(packed).ToString());

    /// <summary>Returns the reason of a session that a limit of the proxy refused: by the proxy, at accept or in the queue.</summary>
    /// <param name="refusal">The limit.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="refusal"/> is <see cref="RejectReason.None"/>, or no value of the enumeration.</exception>
    public static CloseReason Rejected(RejectReason refusal)
    {
        if (refusal == RejectReason.None || !Enum.IsDefined(refusal))
        {
            throw new ArgumentOutOfRangeException(nameof(refusal), refusal, "A limit that refuses was expected.");
        }

        return new(ClosedBy.Proxy, refusal.PhaseOf(), timedOut: false, refusal);
    }

    /// <summary>Returns the two letters, followed by a colon and its word for a refusal.</summary>
    public override string ToString()
    {
        var who = By == ClosedBy.None ? '-' : (char)By;
        var letters = (TimedOut ? char.ToLowerInvariant(who) : who, Phase == ClosePhase.None ? '-' : (char)Phase);
        return RejectReason == RejectReason.None ? $"{letters.Item1}{letters.Item2}" : $"{letters.Item1}{letters.Item2}:{RejectReason.ToTag()}";
    }

    /// <inheritdoc/>
    public bool Equals(CloseReason other) => By == other.By && Phase == other.Phase && TimedOut == other.TimedOut && RejectReason == other.RejectReason;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is CloseReason other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Pack();

    /// <summary>Returns whether two reasons are equal.</summary>
    public static bool operator ==(CloseReason left, CloseReason right) => left.Equals(right);

    /// <summary>Returns whether two reasons differ.</summary>
    public static bool operator !=(CloseReason left, CloseReason right) => !left.Equals(right);

    // Packed so that it can be set once, atomically: 0 is "not decided yet", which no packed reason is.
    internal int Pack() => Decided | (int)RejectReason << RefusalShift | (TimedOut ? TimedOutBit : 0) | (int)By << 8 | (int)Phase;

    internal static CloseReason Unpack(int packed) =>
        new((ClosedBy)((packed >> 8) & 0xFF), (ClosePhase)(packed & 0xFF), (packed & TimedOutBit) != 0, (RejectReason)((packed >> RefusalShift) & RefusalMask));
}
