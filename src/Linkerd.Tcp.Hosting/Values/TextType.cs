namespace Linkerd.Tcp.Hosting.Values;

/// <summary>Represents a type that is read and printed by functions.</summary>
internal sealed class TextType<T>(string name, string range, Func<string, T> parse, Func<T, string?> print, Func<T, bool>? isValid) : OptionType<T>
{
    public override string Name => name;

    public override string Range => range;

    public override T Parse(string text) => parse(text);

    public override string? Print(T value) => value is null ? null : print(value);

    public override bool IsValid(T value) => value is null || isValid?.Invoke(value) != false;
}
