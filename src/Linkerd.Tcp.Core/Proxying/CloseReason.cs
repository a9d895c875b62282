using System.Collections.Concurrent;
using Linkerd.Tcp.Proxying;

namespace Linkerd.Tcp;

/// <summary>
/// Represents the side that ended a session, and the phase in which it ended, as the two letters of HAProxy's session state at disconnection: <c>--</c> is the normal end,
/// <c>CD</c> a client that reset the connection in the data phase, <c>sC</c> a server that did not answer a connect in time. For a session that a limit
/// of the proxy refused, the limit follows: <c>PA:accept_rate</c>. Immutable; any thread.
/// </summary>
/// <param name="By">The side that ended the session.</param>
/// <param name="Phase">The phase in which it ended.</param>
/// <param name="TimedOut">True if a time limit decided; the first letter is lower case then.</param>
/// <remarks>HAProxy configuration manual, section 8.5, "Session state at disconnection".</remarks>
public readonly record struct CloseReason(ClosedBy By, ClosePhase Phase, bool TimedOut = false)
{
    private const int TimedOutBit = 1 << 16;
    private const int RefusalShift = 17;
    private const int RefusalMask = 0x7F;
    private const int Decided = 1 << 24;

    // The reasons are few, and every session reports one to the metrics.
    private static readonly ConcurrentDictionary<int, string> Texts = new();

    /// <summary>Gets the reason of a session in which both directions ended with a FIN.</summary>
    public static CloseReason Normal => default;

    /// <summary>Gets the limit of the proxy that refused the client; <see cref="RejectReason.None"/> if none did.</summary>
    public RejectReason RejectReason { get; init; }

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

        return new(ClosedBy.Proxy, refusal.PhaseOf()) { RejectReason = refusal };
    }

    /// <summary>Returns the two letters, followed by a colon and its word for a refusal.</summary>
    public override string ToString()
    {
        var who = By == ClosedBy.None ? '-' : (char)By;
        var letters = (TimedOut ? char.ToLowerInvariant(who) : who, Phase == ClosePhase.None ? '-' : (char)Phase);
        return RejectReason == RejectReason.None ? $"{letters.Item1}{letters.Item2}" : $"{letters.Item1}{letters.Item2}:{RejectReason.ToTag()}";
    }

    // Packed so that it can be set once, atomically: 0 is "not decided yet", which no packed reason is.
    internal int Pack() => Decided | (int)RejectReason << RefusalShift | (TimedOut ? TimedOutBit : 0) | (int)By << 8 | (int)Phase;

    internal static CloseReason Unpack(int packed) => new((ClosedBy)((packed >> 8) & 0xFF), (ClosePhase)(packed & 0xFF), (packed & TimedOutBit) != 0)
    {
        RejectReason = (RejectReason)((packed >> RefusalShift) & RefusalMask),
    };
}
