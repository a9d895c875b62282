using System.Globalization;

namespace Linkerd.Tcp.Hosting.Values;

/// <summary>The text form of whole numbers within bounds.</summary>
internal static class NumberText
{
    /// <summary>Reads a number.</summary>
    /// <exception cref="InvalidValueException">The text is not a number, or out of range.</exception>
    public static int Parse(string text, int least, int most, string unit) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new InvalidValueException(string.Create(CultureInfo.InvariantCulture, $"expected a whole number of {unit} from {least} to {most}"));
}
