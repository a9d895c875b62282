using System.Globalization;

namespace Linkerd.Tcp.Hosting.Values;

/// <summary>Represents whole seconds, up to a day, in a file and on the command line.</summary>
/// <param name="isOffAllowed">True if <c>off</c>, which is <see cref="Timeout.InfiniteTimeSpan"/>, is a value.</param>
internal sealed class SecondsType(bool isOffAllowed) : OptionType<TimeSpan>
{
    private const int SecondsPerDay = 24 * 60 * 60;

    public override string Name => "number";

    public override string? Unit => "seconds";

    public override OptionForm Form => OptionForm.Number;

    public override string Range => string.Create(CultureInfo.InvariantCulture, $"1 to {SecondsPerDay}") + (isOffAllowed ? ", or off" : string.Empty);

    internal override OptionBounds Bounds => new(isOffAllowed ? ["off"] : [], 1, SecondsPerDay);

    public override TimeSpan Parse(string text) =>
        text == "off" && isOffAllowed ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(NumberText.Parse(text, 1, SecondsPerDay, "seconds"));

    public override string Print(TimeSpan value) => value == Timeout.InfiniteTimeSpan ? "off" : ((long)value.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    public override bool IsValid(TimeSpan value) => value == Timeout.InfiniteTimeSpan
        ? isOffAllowed : value >= TimeSpan.FromSeconds(1) && value <= TimeSpan.FromDays(1) && value.Ticks % TimeSpan.TicksPerSecond == 0;
}
