using System.Globalization;

namespace Linkerd.Tcp.Hosting.Values;

/// <summary>
/// Represents durations: a number in a file, whose key has the unit, and a number with its unit on the command line. <see cref="Timeout.InfiniteTimeSpan"/> is <c>off</c>.
/// </summary>
/// <param name="unit">The unit of a file.</param>
/// <param name="shortest">The shortest duration.</param>
/// <param name="longest">The longest duration.</param>
/// <param name="why">A description for the error of a value that is out of range; null for the range. Only with a value for <c>off</c>.</param>
internal sealed class DurationType(DurationUnit unit, TimeSpan shortest, TimeSpan longest, string? why) : OptionType<TimeSpan>
{
    public override string Name => "duration";

    public override string? Unit => unit == DurationUnit.Milliseconds ? "ms" : "s";

    public override OptionForm Form => OptionForm.Number;

    public override string Range => $"{(shortest == TimeSpan.Zero ? "0s" : DurationText.Print(shortest))} to {DurationText.PrintHours(longest)}" + (IsOffAllowed ? ", or off" : string.Empty);

    internal override OptionBounds Bounds => new(
        IsOffAllowed ? ["off"] : [],
        unit == DurationUnit.Milliseconds ? (decimal)shortest.TotalMilliseconds : (decimal)shortest.TotalSeconds,
        unit == DurationUnit.Milliseconds ? (decimal)longest.TotalMilliseconds : (decimal)longest.TotalSeconds,
        IsWhole: unit == DurationUnit.Milliseconds);

    // A value that must be given has a reason, which the message contains.
    private bool IsOffAllowed => why is null;

    public override TimeSpan Parse(string text)
    {
        if (text == "off")
        {
            return Checked(Timeout.InfiniteTimeSpan);
        }

        var style = unit == DurationUnit.Milliseconds ? NumberStyles.None : NumberStyles.AllowDecimalPoint;
        var isNumber = decimal.TryParse(text, style, CultureInfo.InvariantCulture, out var number) && number <= (decimal)longest.TotalMilliseconds;
        var milliseconds = unit == DurationUnit.Milliseconds || !isNumber ? number : number * 1000;
        return isNumber && milliseconds == decimal.Truncate(milliseconds) && milliseconds <= (decimal)longest.TotalMilliseconds && milliseconds >= (decimal)shortest.TotalMilliseconds
            ? TimeSpan.FromMilliseconds((long)milliseconds)
            : throw new InvalidValueException(why ?? $"expected {(unit == DurationUnit.Milliseconds ? "a whole number of milliseconds" : "a number of seconds, with up to three decimals")}, {Range}");
    }

    public override string Print(TimeSpan value)
    {
        var milliseconds = value.Ticks / TimeSpan.TicksPerMillisecond;
        return value == Timeout.InfiniteTimeSpan ? "off"
            : unit == DurationUnit.Milliseconds ? milliseconds.ToString(CultureInfo.InvariantCulture)
            : (milliseconds / 1000m).ToString("0.###", CultureInfo.InvariantCulture);
    }

    public override TimeSpan ParseArgument(string text) => Checked(DurationText.Parse(text, shortest == TimeSpan.Zero, why is null ? longest : DurationText.Longest));

    public override string PrintArgument(TimeSpan value) => DurationText.Print(value);

    public override bool IsValid(TimeSpan value) => value == Timeout.InfiniteTimeSpan ? IsOffAllowed
        : value <= longest && value.Ticks % TimeSpan.TicksPerMillisecond == 0 && value >= shortest;

    private TimeSpan Checked(TimeSpan value) => IsValid(value) ? value : throw new InvalidValueException(why ?? $"expected a duration, {Range}");
}
