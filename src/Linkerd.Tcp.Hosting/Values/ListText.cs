namespace Linkerd.Tcp.Hosting.Values;

/// <summary>The text form of lists: items with commas; <c>off</c> is none.</summary>
internal static class ListText
{
    /// <summary>Creates the type of lists of texts.</summary>
    /// <param name="name">The name of the type.</param>
    /// <param name="range">A description of the items, for a sentence.</param>
    /// <param name="isItem">Returns true if a text is an item.</param>
    public static OptionType<IReadOnlyList<string>?> TypeOf(string name, string range, Func<string, bool> isItem) => new ListType<IReadOnlyList<string>?>(
        name,
        $"{range}, or off",
        items => Check(items, isItem, range),
        static list => list!,
        list => list!.All(item => item is not null && isItem(item)) && list is not ["off"]);

    /// <summary>Returns items that have all been checked.</summary>
    /// <param name="items">The items.</param>
    /// <param name="isItem">Returns true if a text is an item.</param>
    /// <param name="range">A description of the items, for a sentence.</param>
    /// <exception cref="InvalidValueException">A text is not an item.</exception>
    public static IReadOnlyList<string> Check(IReadOnlyList<string> items, Func<string, bool> isItem, string range) =>
        items.FirstOrDefault(item => item == "off" || !isItem(item)) is not { } wrong ? [.. items]
            : throw new InvalidValueException($"{(wrong.Length == 0 ? "an item is missing beside ','" : $"'{wrong}' is none")}; expected {range}, or off");
}
