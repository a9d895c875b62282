namespace Linkerd.Tcp.Cli;

/// <summary>When an endpoint is ejected: <c>off</c>, or the number of failed connects in a row, and after a comma the first penalty.</summary>
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

        var options = new CircuitBreakerOptions { Failures = failures, FirstBackoff = penalty };
        options.LastBackoff = penalty > options.LastBackoff ? penalty : options.LastBackoff;
        return options;
    }
}
