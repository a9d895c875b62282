using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Dialing;

/// <summary>
/// Represents the options of active checks of a destination's endpoints: by a connection of their own, at an interval, with an exchange of bytes if a server that accepts is not
/// enough to go by. An endpoint that is checked as down is ejected (<see cref="EjectionCause.Check"/>) until it is checked as up, then starts slowly. A check is no
/// load, and takes no place of any limit.
/// </summary>
/// <remarks>
/// The defaults are HAProxy's (<c>check inter 2s rise 2 fall 3</c>). A server is found dead within <see cref="Fall"/> times <see cref="Interval"/>, plus
/// <see cref="Timeout"/>, if that is no longer than the interval, and no more than <see cref="MaxConcurrent"/> checks are under way at a time.
/// </remarks>
public sealed class ActiveCheckOptions
{
    // The number of bytes of an answer that are looked at. A server that sends more before the expected bytes is not one to be checked like this.
    internal const int MaxExaminedBytes = 16 * 1024;

    private const int MaxExpectedBytes = 4096;

    /// <summary>Gets or sets the time from one check of an endpoint to its next. The checks of a destination are spread over it. Default: 2 s.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Gets or sets the longest time of a check, to the last of the expected bytes. Default: 1 s. A lost SYN is sent again after 1 s, so it fails the check; that is what <see cref="Fall"/> is for.
    /// A check that takes longer than the interval delays the next one.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets or sets the number of checks in a row that must pass before an endpoint that is down is up. Default: 2.</summary>
    public int Rise { get; set; } = 2;

    /// <summary>
    /// Gets or sets the number of checks in a row that must fail before an endpoint is down. Default: 3. A lack of local resources fails no check. If
    /// <see cref="CircuitBreakerOptions.MaxEjectedShare"/> forbids the ejection, each further check that fails tries again.
    /// </summary>
    public int Fall { get; set; } = 3;

    /// <summary>Gets or sets the bytes to send once connected. Default: none.</summary>
    public ReadOnlyMemory<byte> Send { get; set; }

    /// <summary>
    /// Gets or sets the bytes that must come, anywhere within the first 16 KiB of the server's answer; up to 4 KiB of them. Default: none, so that a server
    /// which accepts passes. A server process that is stopped or stuck still accepts: its kernel does that for it.
    /// </summary>
    public ReadOnlyMemory<byte> Expect { get; set; }

    /// <summary>Gets or sets a value that indicates whether the sessions of an endpoint end when it is checked as down; with a reset, and the close reason <c>DD</c>. Default: false.</summary>
    public bool CloseSessionsOnDown { get; set; }

    /// <summary>
    /// Gets or sets the largest number of checks of a destination at a time; the others wait. Each takes a descriptor, of which a proxy's default limit of sessions leaves 200.
    /// Default: 100, which is enough for 200 endpoints that all fail to answer, and for many more if they do answer.
    /// </summary>
    public int MaxConcurrent { get; set; } = 100;

    internal ActiveCheckOptions Copy()
    {
        // The bytes too, which may be of an array that the caller fills again.
        var copy = (ActiveCheckOptions)MemberwiseClone();
        copy.Send = Send.ToArray();
        copy.Expect = Expect.ToArray();
        return copy;
    }

    internal void Validate(OptionsValidator validator)
    {
        validator.Timer(Interval);
        validator.Timer(Timeout);
        validator.Range(Rise, 1);
        validator.Range(Fall, 1);
        validator.Expect(Expect.Length <= MaxExpectedBytes, Expect.Length, FormattableString.Invariant($"{MaxExpectedBytes} bytes or fewer"), nameof(Expect));
        validator.Range(MaxConcurrent, 1);
    }
}
