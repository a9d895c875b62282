using System.Globalization;

namespace Linkerd.Tcp.Hosting.Values;

/// <summary>Represents numbers that need not be whole.</summary>
/// <param name="unit">The unit of the number.</param>
/// <param name="above">The exclusive lower bound; null if the number may be 0.</param>
/// <param name="most">The greatest number.</param>
internal sealed class FractionType(string unit, double? above, double most) : OptionType<double>
{
    public override string Name => "fraction";

    public override string? Unit => unit;

    public override OptionForm Form => OptionForm.Number;

    public override string Range => above is null
        ? string.Create(CultureInfo.InvariantCulture, $"0 to {most:0}") : string.Create(CultureInfo.InvariantCulture, $"more than {above}, at most {most:0}");

    internal override OptionBounds Bounds => new([], (decimal)(above ?? 0), (decimal)most, IsWhole: false, IsMinimumExcluded: above is not null);

    public override double Parse(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number) && IsValid(number)
            ? number : throw new InvalidValueException($"expected a number of {unit}, {Range}");

    public override string Print(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    public override bool IsValid(double value) => (above is null ? value >= 0 : value > above) && value <= most;
}
