namespace Linkerd.Tcp.Hosting.Values;

/// <summary>The values of a type that are valid in a file, as far as a schema can express them.</summary>
/// <param name="Words">The words that are values: all of them if the form is a text, those beside numbers if it is a number. Without words a text is any.</param>
/// <param name="Minimum">The least number.</param>
/// <param name="Maximum">The greatest number.</param>
/// <param name="IsWhole">True if numbers must be whole.</param>
/// <param name="IsMinimumExcluded">True if a number must be more than the least one.</param>
internal sealed record OptionBounds(IReadOnlyList<string> Words, decimal Minimum = 0, decimal Maximum = 0, bool IsWhole = true, bool IsMinimumExcluded = false)
{
    public static OptionBounds Any { get; } = new([]);
}
