using System.Globalization;

namespace Linkerd.Tcp.Hosting.Values;

/// <summary>The text form of durations: <c>500ms</c>, <c>10s</c>, <c>5m</c>, <c>1h</c>, <c>off</c>.</summary>
internal static class DurationText
{
    /// <summary>The longest duration: a timer of the runtime cannot be set to more than 49 days.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(1000);

    private static readonly (string Suffix, TimeSpan Unit)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)),
    ];

    /// <summary>Reads a duration; <c>off</c> is <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="allowZero">True if a duration of 0 is valid.</param>
    /// <param name="longest">The longest duration; null for <see cref="Longest"/>.</param>
    /// <exception cref="InvalidValueException">The text is not a duration, or out of range.</exception>
    public static TimeSpan Parse(string text, bool allowZero = false, TimeSpan? longest = null)
    {
        if (text == "off")
        {
            return Timeout.InfiniteTimeSpan;
        }

        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits < 0)
        {
            throw new InvalidValueException($"a number needs a unit; expected a duration such as {text}s, or 500ms, 10s, 5m, 1h, off");
        }

        var unit = Array.Find(Units, candidate => candidate.Suffix == text[digits..]).Unit;
        if (digits == 0 || unit == TimeSpan.Zero)
        {
            throw new InvalidValueException("expected a duration: a whole number and its unit, such as 500ms, 10s, 5m or 1h, or off");
        }

        if (!long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > (longest ?? Longest) / unit)
        {
            throw new InvalidValueException($"too long; expected a duration of at most {PrintHours(longest ?? Longest)}, or off");
        }

        if (number == 0 && !allowZero)
        {
            throw new InvalidValueException("expected a duration of more than zero, or off");
        }

        return number * unit;
    }

    /// <summary>Prints a duration so that it reads back the same.</summary>
    public static string Print(TimeSpan duration)
    {
        if (duration == Timeout.InfiniteTimeSpan)
        {
            return "off";
        }

        var (suffix, unit) = duration.Ticks % TimeSpan.TicksPerSecond == 0 ? Units[1] : Units[0];
        return string.Create(CultureInfo.InvariantCulture, $"{(long)(duration / unit)}{suffix}");
    }

    /// <summary>Prints a duration of whole hours.</summary>
    public static string PrintHours(TimeSpan duration) => string.Create(CultureInfo.InvariantCulture, $"{(long)duration.TotalHours}h");
}
