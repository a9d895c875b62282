namespace Linkerd.Tcp;

/// <summary>
/// How the endpoints of a destination are checked: by a connection of its own, at an interval, with an exchange of bytes where a server that accepts is not
/// enough to go by. One that is checked as down is ejected (<see cref="EjectionCause.Check"/>) until it is checked as up, then starts slowly. A check is no
/// load, and takes no place of any limit.
/// </summary>
/// <remarks>
/// The defaults are HAProxy's (<c>check inter 2s rise 2 fall 3</c>). A server is found dead within <see cref="Fall"/> times <see cref="Interval"/>, plus
/// <see cref="Timeout"/>, where that is no longer than the interval, and no more than <see cref="MaxConcurrent"/> checks are under way at a time.
/// </remarks>
public sealed record ActiveCheckOptions
{
    // What is looked at of an answer. A server that says more before the expected bytes is not one to be checked like this.
    internal const int MostLooked = 16 * 1024;

    private const int MostExpected = 4096;

    /// <summary>All defaults.</summary>
    public static ActiveCheckOptions Default { get; } = new();

    /// <summary>From one check of an endpoint to its next. The checks of a destination are spread over it. Default: 2 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a check may take, to the last of the expected bytes. Default: 1 s. A lost SYN is sent again after 1 s, so it fails the check; that is what <see cref="Fall"/> is for.
    /// A check that takes longer than the interval delays the next one.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Checks in a row that must pass before an endpoint that is down is up. Default: 2.</summary>
    public int Rise { get; init; } = 2;

    /// <summary>
    /// Checks in a row that must fail before an endpoint is down. Default: 3. A lack of local resources fails no check. Where
    /// <see cref="CircuitBreakerOptions.MaxEjectedShare"/> forbids the ejection, each further check that fails tries again.
    /// </summary>
    public int Fall { get; init; } = 3;

    /// <summary>The bytes to send once connected. Default: none.</summary>
    public ReadOnlyMemory<byte> Send { get; init; }

    /// <summary>
    /// The bytes that must come, anywhere within the first 16 KiB of what the server says; up to 4 KiB of them. Default: none, so that a server which accepts passes. A server process that is
    /// stopped or stuck still accepts: its kernel does that for it.
    /// </summary>
    public ReadOnlyMemory<byte> Expect { get; init; }

    /// <summary>Whether the sessions of an endpoint end when it is checked as down; with a reset, and the close reason <c>DD</c>. Default: false.</summary>
    public bool CloseSessionsOnDown { get; init; }

    /// <summary>
    /// The most checks of a destination at a time; the others wait. Each takes a descriptor, of which a proxy's default limit of sessions leaves 200.
    /// Default: 100, which is enough for 200 endpoints that all fail to answer; many more where they do.
    /// </summary>
    public int MaxConcurrent { get; init; } = 100;

    /// <exception cref="ArgumentException">A value is out of range; the message says which and what was expected.</exception>
    internal void Check()
    {
        Expects(Interval > TimeSpan.Zero, nameof(Interval), "more than zero");
        Expects(Timeout > TimeSpan.Zero, nameof(Timeout), "more than zero");
        Expects(Rise > 0, nameof(Rise), "1 or more");
        Expects(Fall > 0, nameof(Fall), "1 or more");
        Expects(Expect.Length <= MostExpected, nameof(Expect), $"{MostExpected} bytes or fewer");
        Expects(MaxConcurrent > 0, nameof(MaxConcurrent), "1 or more");
    }

    private static void Expects(bool holds, string option, string expected)
    {
        if (!holds)
        {
            throw new ArgumentException($"Check.{option}: {expected} was expected.");
        }
    }
}
