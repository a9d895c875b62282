using System.Globalization;
using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Hosting.Values;

/// <summary>The text form of the ejection of endpoints: <c>off</c>, or the number of failed connects in a row, and after a comma the first penalty.</summary>
internal static class FailFastText
{
    /// <summary>Reads it.</summary>
    /// <exception cref="InvalidValueException">It is not of this form, or out of range.</exception>
    public static CircuitBreakerOptions Parse(string text)
    {
        if (text == "off")
        {
            return new CircuitBreakerOptions { Failures = 0 };
        }

        var comma = text.IndexOf(',', StringComparison.Ordinal);
        var failures = NumberText.Parse(comma < 0 ? text : text[..comma], 1, 1_000_000, "failed connects, and after a comma a duration, or off; the number");
        if (comma < 0)
        {
            return new CircuitBreakerOptions { Failures = failures };
        }

        var penalty = DurationText.Parse(text[(comma + 1)..]);
        if (penalty == Timeout.InfiniteTimeSpan)
        {
            throw new InvalidValueException("a penalty of 'off' means nothing; expected such as 5,10s, or off alone");
        }

        return Of(failures, penalty);
    }

    /// <summary>Creates options from both numbers, of which the first may be 0 for none; a penalty above the longest back-off raises that.</summary>
    public static CircuitBreakerOptions Of(int? failures, TimeSpan? penalty)
    {
        var options = new CircuitBreakerOptions();
        options.Failures = failures ?? options.Failures;
        options.InitialBackoff = penalty ?? options.InitialBackoff;
        options.MaxBackoff = options.InitialBackoff > options.MaxBackoff ? options.InitialBackoff : options.MaxBackoff;
        return options;
    }

    /// <summary>Prints it so that it reads back the same.</summary>
    public static string Print(CircuitBreakerOptions options) =>
        options.Failures == 0 ? "off" : string.Create(CultureInfo.InvariantCulture, $"{options.Failures},{DurationText.Print(options.InitialBackoff)}");
}
