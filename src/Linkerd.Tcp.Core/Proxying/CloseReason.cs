using System.Collections.Concurrent;

namespace Linkerd.Tcp;

/// <summary>
/// Who ended a session, and in which phase, as HAProxy's session state at disconnection says it in two letters: <c>--</c> is the normal end,
/// <c>CD</c> a client that reset the connection in the data phase, <c>sC</c> a server that did not answer a connect in time.
/// </summary>
/// <param name="By">Who.</param>
/// <param name="Phase">When.</param>
/// <param name="TimedOut">Whether a time limit decided; the first letter is lower case then.</param>
/// <remarks>HAProxy configuration manual, section 8.5, "Session state at disconnection".</remarks>
public readonly record struct CloseReason(ClosedBy By, ClosePhase Phase, bool TimedOut = false)
{
    /// <summary>Both directions ended with a FIN.</summary>
    public static CloseReason Normal => default;

    /// <summary>Whether this is the normal end.</summary>
    public bool IsNormal => By == ClosedBy.None;

    // The reasons are few, and every session tells one to the metrics.
    private static readonly ConcurrentDictionary<int, string> Texts = new();

    /// <summary>The two letters, as a string that is made once.</summary>
    internal string Text => Texts.GetOrAdd(Pack(), static packed => Unpack(packed).ToString());

    /// <summary>The two letters.</summary>
    public override string ToString()
    {
        var who = By == ClosedBy.None ? '-' : (char)By;
        return string.Create(2, (who: TimedOut ? char.ToLowerInvariant(who) : who, phase: Phase == ClosePhase.None ? '-' : (char)Phase), static (text, letters) =>
        {
            text[0] = letters.who;
            text[1] = letters.phase;
        });
    }

    // Packed so that it can be set once, atomically: 0 is "not decided yet", which no packed reason is.
    internal int Pack() => 1 << 24 | (TimedOut ? 1 << 16 : 0) | (int)By << 8 | (int)Phase;

    internal static CloseReason Unpack(int packed) => new((ClosedBy)((packed >> 8) & 0xFF), (ClosePhase)(packed & 0xFF), (packed & (1 << 16)) != 0);
}
