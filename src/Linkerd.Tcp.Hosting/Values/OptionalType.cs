namespace Linkerd.Tcp.Hosting.Values;

/// <summary>Represents a type one of whose values is null: an option that was not given, or a word for it.</summary>
/// <param name="type">The type of the values that may be given.</param>
/// <param name="word">The word for null, such as <c>auto</c>; null if only leaving the option out means it.</param>
/// <typeparam name="T">The values.</typeparam>
internal sealed class OptionalType<T>(OptionType<T> type, string? word) : OptionType<T?>
    where T : struct
{
    public override string Name => type.Name;

    public override string? Unit => type.Unit;

    public override string Range => word is null ? type.Range : $"{type.Range}, or {word}";

    public override OptionForm Form => type.Form;

    internal override OptionBounds Bounds => word is null ? type.Bounds : type.Bounds with { Words = [.. type.Bounds.Words, word] };

    public override T? Parse(string text) => text == word ? null : type.Parse(text);

    public override string? Print(T? value) => value is { } given ? type.Print(given) : word;

    public override T? ParseArgument(string text) => text == word ? null : type.ParseArgument(text);

    public override string? PrintArgument(T? value) => value is { } given ? type.PrintArgument(given) : word;

    public override bool IsValid(T? value) => value is not { } given || type.IsValid(given);
}
