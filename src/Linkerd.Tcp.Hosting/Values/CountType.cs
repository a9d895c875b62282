using System.Globalization;

namespace Linkerd.Tcp.Hosting.Values;

/// <summary>Represents whole numbers within a range.</summary>
/// <param name="unit">The unit of the number.</param>
/// <param name="least">The least number.</param>
/// <param name="most">The greatest number.</param>
/// <param name="zeroWord">The word that is read as 0, such as <c>off</c>; null for none.</param>
internal sealed class CountType(string unit, int least, int most, string? zeroWord) : OptionType<int>
{
    public override string Name => "number";

    public override string? Unit => unit;

    public override OptionForm Form => OptionForm.Number;

    public override string Range => string.Create(CultureInfo.InvariantCulture, $"{least} to {most}") + (zeroWord is null ? string.Empty : $", or {zeroWord}");

    internal override OptionBounds Bounds => new(zeroWord is null ? [] : [zeroWord], least, most);

    public override int Parse(string text) =>
        text == zeroWord ? 0 : NumberText.Parse(text, least, most, zeroWord is null ? unit : $"{unit}, or {zeroWord},");

    public override string Print(int value) => value == 0 && zeroWord is not null ? zeroWord : value.ToString(CultureInfo.InvariantCulture);

    public override bool IsValid(int value) => (value >= least && value <= most) || (value == 0 && zeroWord is not null);
}
