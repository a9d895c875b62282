namespace Linkerd.Tcp.Hosting.Values;

/// <summary>Represents values that have names.</summary>
internal sealed class ChoiceType<T>(bool ignoreCase, (string Name, T Value)[] choices, OptionForm form = OptionForm.Text) : OptionType<T>
{
    // The number of names that are read more easily with an "or" between the last two.
    private const int FewNames = 3;

    private readonly StringComparison _comparison = ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    public override string Name => "choice";

    public override string Range => choices.Length > FewNames
        ? "one of " + string.Join(", ", choices.Select(static choice => choice.Name))
        : string.Join(", ", choices[..^1].Select(static choice => choice.Name)) + " or " + choices[^1].Name;

    public override OptionForm Form => form;

    internal override OptionBounds Bounds => new([.. choices.Select(static choice => choice.Name)]);

    public override T Parse(string text)
    {
        var found = Array.FindIndex(choices, choice => choice.Name.Equals(text, _comparison));
        return found >= 0 ? choices[found].Value : throw new InvalidValueException($"expected {Range}");
    }

    public override string? Print(T value) => Array.Find(choices, choice => EqualityComparer<T>.Default.Equals(choice.Value, value)).Name;

    public override bool IsValid(T value) => Print(value) is not null;
}
