namespace Linkerd.Tcp.Hosting.Values;

/// <summary>The text form of lists: items with commas; <c>off</c> is none.</summary>
internal static class ListText
{
    /// <summary>Creates the type of lists of texts.</summary>
    /// <param name="name">The name of the type.</param>
    /// <param name="range">A description of the items, for a sentence.</param>
    /// <param name="isItem">Returns true if a text is an item.</param>
    public static OptionType<IReadOnlyList<string>?> TypeOf(string name, string range, Func<string, bool> isItem) => new TextType<IReadOnlyList<string>?>(
        name,
        $"{range}, or off",
        text => Parse(text, isItem, range),
        static list => list!.Count == 0 ? "off" : string.Join(',', list),
        list => list!.All(item => item is not null && isItem(item)) && list is not ["off"]);

    private static IReadOnlyList<string> Parse(string text, Func<string, bool> isItem, string range) => text == "off" ? [] :
        [.. text.Split(',', StringSplitOptions.TrimEntries).Select(item =>
            isItem(item) ? item : throw new InvalidValueException($"{(item.Length == 0 ? "an item is missing beside ','" : $"'{item}' is none")}; expected {range}, or off"))];
}
