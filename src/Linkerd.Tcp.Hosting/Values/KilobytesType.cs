using System.Globalization;

namespace Linkerd.Tcp.Hosting.Values;

/// <summary>Represents numbers of bytes, which the command line counts in KB of 1024 bytes.</summary>
/// <param name="most">The greatest number, in KB.</param>
internal sealed class KilobytesType(int most) : OptionType<int>
{
    private const int BytesPerKilobyte = 1024;

    public override string Name => "size";

    public override string? Unit => "bytes";

    public override OptionForm Form => OptionForm.Number;

    public override string Range => string.Create(CultureInfo.InvariantCulture, $"1 to {most * BytesPerKilobyte}");

    internal override OptionBounds Bounds => new([], 1, most * BytesPerKilobyte);

    public override int Parse(string text) => NumberText.Parse(text, 1, most * BytesPerKilobyte, "bytes");

    public override string Print(int value) => value.ToString(CultureInfo.InvariantCulture);

    public override int ParseArgument(string text) => NumberText.Parse(text, 1, most, "KB") * BytesPerKilobyte;

    /// <summary>Prints a number of bytes in KB; null if it is not a whole number of them.</summary>
    public override string? PrintArgument(int value) => value % BytesPerKilobyte == 0 ? Print(value / BytesPerKilobyte) : null;

    public override bool IsValid(int value) => value >= 1 && value <= most * BytesPerKilobyte;
}
