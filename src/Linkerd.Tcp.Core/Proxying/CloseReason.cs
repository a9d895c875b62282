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
    private const int TruncatedBit = 1 << 25;

    // There are few reasons, and every session reports one to the metrics.
    private static readonly ConcurrentDictionary<int, string> Texts = new();

    /// <summary>Initializes a reason.</summary>
    /// <param name="by">The side that ended the session.</param>
    /// <param name="phase">The phase in which it ended.</param>
    /// <param name="timedOut">True if a time limit ended it; the first letter is then lower case.</param>
    public CloseReason(ClosedBy by, ClosePhase phase, bool timedOut = false)
        : this(by, phase, timedOut, RejectReason.None)
    {
    }

    private CloseReason(ClosedBy by, ClosePhase phase, bool timedOut, RejectReason rejectReason, bool isTruncated = false) =>
        (By, Phase, TimedOut, RejectReason, IsTruncated) = (by, phase, timedOut, rejectReason, isTruncated);

    /// <summary>Gets the reason of a session that ended with a FIN in both directions.</summary>
    public static CloseReason Normal => default;

    /// <summary>Gets the limit of the proxy that refused the client; <see cref="RejectReason.None"/> if none did.</summary>
    public RejectReason RejectReason { get; }

    /// <summary>Gets the side that ended the session.</summary>
    public ClosedBy By { get; }

    /// <summary>Gets the phase in which the session ended.</summary>
    public ClosePhase Phase { get; }

    /// <summary>Gets a value that indicates whether a time limit ended the session; the first letter is then lower case.</summary>
    public bool TimedOut { get; }

    /// <summary>
    /// Gets a value that indicates whether one side cut its stream: it closed the connection without the end of TLS (close_notify). The text then ends in <c>:truncated</c>.
    /// </summary>
    public bool IsTruncated { get; }

    /// <summary>Gets a value that indicates whether this is the normal end.</summary>
    public bool IsNormal => By == ClosedBy.None && !IsTruncated;

    /// <summary>Gets the letters, and the word of a refusal, as a cached string.</summary>
    internal string Text => Texts.GetOrAdd(Pack(), static packed => Unpack(packed).ToString());

    /// <summary>Returns the reason of a session that a limit of the proxy refused, at accept or in the queue.</summary>
    /// <param name="refusal">The limit.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="refusal"/> is <see cref="RejectReason.None"/>, or not a value of the enumeration.</exception>
    public static CloseReason Rejected(RejectReason refusal)
    {
        if (refusal == RejectReason.None || !Enum.IsDefined(refusal))
        {
            throw new ArgumentOutOfRangeException(nameof(refusal), refusal, "A limit that refuses was expected.");
        }

        return new(ClosedBy.Proxy, refusal.PhaseOf(), timedOut: false, refusal);
    }

    /// <summary>Returns the two letters, followed by a colon and the word of the limit for a refusal, or <c>truncated</c> for a stream that was cut.</summary>
    public override string ToString()
    {
        var who = By == ClosedBy.None ? '-' : (char)By;
        var letters = (TimedOut ? char.ToLowerInvariant(who) : who, Phase == ClosePhase.None ? '-' : (char)Phase);
        var word = RejectReason != RejectReason.None ? $":{RejectReason.ToTag()}" : IsTruncated ? ":truncated" : string.Empty;
        return $"{letters.Item1}{letters.Item2}{word}";
    }

    /// <inheritdoc/>
    public bool Equals(CloseReason other) => By == other.By && Phase == other.Phase && TimedOut == other.TimedOut && RejectReason == other.RejectReason && IsTruncated == other.IsTruncated;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is CloseReason other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Pack();

    /// <summary>Returns a value that indicates whether two reasons are equal.</summary>
    public static bool operator ==(CloseReason left, CloseReason right) => left.Equals(right);

    /// <summary>Returns a value that indicates whether two reasons differ.</summary>
    public static bool operator !=(CloseReason left, CloseReason right) => !left.Equals(right);

    // Packed so that it can be set once, atomically. 0 means "not decided yet"; no packed reason is 0.
    internal int Pack() => Decided | (int)RejectReason << RefusalShift | (TimedOut ? TimedOutBit : 0) | (IsTruncated ? TruncatedBit : 0) | (int)By << 8 | (int)Phase;

    internal static CloseReason Unpack(int packed) =>
        new((ClosedBy)((packed >> 8) & 0xFF), (ClosePhase)(packed & 0xFF), (packed & TimedOutBit) != 0, (RejectReason)((packed >> RefusalShift) & RefusalMask), (packed & TruncatedBit) != 0);

    internal CloseReason AsTruncated() => new(By, Phase, TimedOut, RejectReason, isTruncated: true);
}
