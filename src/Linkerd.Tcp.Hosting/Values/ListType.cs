namespace Linkerd.Tcp.Hosting.Values;

/// <summary>Represents lists: a sequence in a file, or a text with commas between the items. An empty list is <c>off</c>.</summary>
/// <param name="name">The name of the type.</param>
/// <param name="range">A description of the values, for a sentence.</param>
/// <param name="parse">Parses the items; throws <see cref="InvalidValueException"/>.</param>
/// <param name="print">Prints the items.</param>
/// <param name="isValid">Returns true if a list is within the range.</param>
/// <param name="isSplit">False if a text is one item, commas included.</param>
internal sealed class ListType<T>(string name, string range, Func<IReadOnlyList<string>, T> parse, Func<T, IReadOnlyList<string>> print, Func<T, bool>? isValid, bool isSplit = true) : OptionType<T>
{
    public override string Name => name;

    public override string Range => range;

    public override OptionForm Form => OptionForm.List;

    public override T Parse(string text) => parse(!isSplit ? [text] : text == "off" ? [] : text.Split(',', StringSplitOptions.TrimEntries));

    public override T ParseItems(IReadOnlyList<string> items) => parse(items);

    public override string? Print(T value) => value is null ? null
        : print(value) is var items && !isSplit ? (items is [var only] ? only : null)
        : items.Count > 0 ? string.Join(',', items) : "off";

    public override IReadOnlyList<string>? PrintItems(T value) => value is null ? null : print(value);

    // Items with commas are for files alone.
    public override string? PrintArgument(T value) => value is not null && isSplit && print(value).Any(static item => item.Contains(',', StringComparison.Ordinal)) ? null : Print(value);

    public override bool IsValid(T value) => value is null || isValid?.Invoke(value) != false;
}
