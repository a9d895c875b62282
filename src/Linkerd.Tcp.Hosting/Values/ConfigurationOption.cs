using Linkerd.Tcp.Hosting.Values;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Hosting;

/// <summary>
/// Represents a row of the table of options: all properties of one option. Help texts, the command line, reference pages, validation and configuration files come from it. Immutable; reading
/// from and writing to a model are for one thread at a time.
/// </summary>
public abstract class ConfigurationOption
{
    /// <summary>The text that is printed in place of a secret.</summary>
    internal const string Hidden = "***";

    private protected ConfigurationOption()
    {
    }

    /// <summary>Gets the key in the part of the model that the option belongs to, with dots if it is nested; null if only the command line has the option.</summary>
    public string? Key { get; init; }

    /// <summary>Gets the long name on the command line, without dashes; null if the command line does not have the option.</summary>
    public string? Argument { get; init; }

    /// <summary>Gets the letter on the command line; null if there is none.</summary>
    public char? Letter { get; init; }

    /// <summary>Gets the name of the value in the help text; null if the command line takes none.</summary>
    public string? ValueName { get; init; }

    /// <summary>Gets a value that indicates whether the command line may have the option several times, each time for another part of the model.</summary>
    public bool IsRepeated { get; init; }

    /// <summary>Gets the default in the form of the command line, or else of a file.</summary>
    public required string Default { get; init; }

    /// <summary>Gets a description of the option in one line.</summary>
    public required string Help { get; init; }

    /// <summary>Gets the details of the reference page beyond <see cref="Help"/>; null if there are none.</summary>
    public string? Details { get; init; }

    /// <summary>Gets a value that indicates whether the value may hold a secret, which is printed only if it is asked for; messages of its type have no part of the value.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Gets a value that indicates whether another value than the default needs the OpenSSL provider (<see cref="ProxyConfiguration.TlsProvider"/>).</summary>
    public bool NeedsOpenSsl { get; init; }

    /// <summary>Gets a value that indicates whether a file must have the key.</summary>
    public bool IsRequired => Default == "required";

    /// <summary>Gets the part of the model that the option belongs to.</summary>
    public abstract Type ModelType { get; }

    /// <summary>Gets the name of the option's type.</summary>
    public abstract string TypeName { get; }

    /// <summary>Gets the unit of the value in a file; null if the type has no unit.</summary>
    public abstract string? Unit { get; }

    /// <summary>Gets a description of the values that are valid.</summary>
    public abstract string Range { get; }

    /// <summary>Gets the form of the value in a file.</summary>
    public abstract OptionForm Form { get; }

    /// <summary>Gets the values that are valid, for a schema.</summary>
    internal abstract OptionBounds Bounds { get; }

    /// <summary>Prints the value of a model in the form of a file; null if it has none.</summary>
    public abstract string? Print(object model);

    /// <summary>Prints the items of the value of a model, for a sequence in a file; null if it has none, or the form is not <see cref="OptionForm.List"/>.</summary>
    public abstract IReadOnlyList<string>? PrintItems(object model);

    /// <summary>Prints the value of a model in the form of the command line; null if it has none, or the command line cannot express it.</summary>
    public abstract string? PrintArgument(object model);

    /// <summary>Parses a value in the form of a file, and writes it to a model.</summary>
    /// <exception cref="InvalidValueException">The text is not a value of the option's type.</exception>
    public abstract void Parse(object model, string text);

    /// <summary>Parses the items of a sequence in a file, and writes the value to a model.</summary>
    /// <exception cref="InvalidValueException">The items are not a value of the option's type, or the form is not <see cref="OptionForm.List"/>.</exception>
    public abstract void ParseItems(object model, IReadOnlyList<string> items);

    /// <summary>Parses a value in the form of the command line, and writes it to a model.</summary>
    /// <exception cref="InvalidValueException">The text is not a value of the option's type.</exception>
    public abstract void ParseArgument(object model, string text);

    /// <summary>Adds an error if the value of a model is out of range.</summary>
    public abstract void Validate(object model, OptionsValidator validator);

    /// <summary>Writes the value of one model to another, unless the first has none.</summary>
    public abstract void CopyTo(object from, object to);
}

/// <summary>Represents a row of the table of options, of one type and one part of the model.</summary>
/// <param name="type">The type.</param>
/// <param name="get">Reads the value from the model.</param>
/// <param name="set">Writes the value to the model.</param>
/// <typeparam name="TModel">The part of the model that the option belongs to.</typeparam>
/// <typeparam name="T">The type of the values.</typeparam>
public sealed class ConfigurationOption<TModel, T>(OptionType<T> type, Func<TModel, T> get, Action<TModel, T> set) : ConfigurationOption
    where TModel : class
{
    /// <inheritdoc/>
    public override Type ModelType => typeof(TModel);

    /// <inheritdoc/>
    public override string TypeName => type.Name;

    /// <inheritdoc/>
    public override string? Unit => type.Unit;

    /// <inheritdoc/>
    public override string Range => type.Range;

    /// <inheritdoc/>
    public override OptionForm Form => type.Form;

    internal override OptionBounds Bounds => type.Bounds;

    /// <inheritdoc/>
    public override string? Print(object model) => type.Print(get((TModel)model));

    /// <inheritdoc/>
    public override IReadOnlyList<string>? PrintItems(object model) => type.PrintItems(get((TModel)model));

    /// <inheritdoc/>
    public override string? PrintArgument(object model) => type.PrintArgument(get((TModel)model));

    /// <inheritdoc/>
    public override void Parse(object model, string text) => set((TModel)model, IsSecret && text == Hidden
        ? throw new InvalidValueException($"expected the secret that {Hidden} stands for, as config show does not print it without --secrets")
        : type.Parse(Checked(text)));

    /// <inheritdoc/>
    public override void ParseItems(object model, IReadOnlyList<string> items) => set((TModel)model, type.ParseItems([.. items.Select(Checked)]));

    /// <inheritdoc/>
    public override void ParseArgument(object model, string text) => set((TModel)model, type.ParseArgument(Checked(text)));

    /// <inheritdoc/>
    public override void Validate(object model, OptionsValidator validator)
    {
        ArgumentNullException.ThrowIfNull(validator);
        if (Key is { } key && get((TModel)model) is var value && !type.IsValid(value))
        {
            validator.Add($"{type.Range} was expected, not {Shown(type.Print(value))}.", key);
        }
    }

    // A private key that is given in place of its file would be shown wherever the path is.
    private string Checked(string text) => !IsSecret && TlsText.IsPem(text) ? throw new InvalidValueException($"expected {type.Range}, not the content of a PEM file") : text;

    private string Shown(string? text) => text is null ? "null" : IsSecret || TlsText.IsPem(text) ? Hidden : text;

    /// <inheritdoc/>
    public override void CopyTo(object from, object to)
    {
        if (get((TModel)from) is { } value)
        {
            set((TModel)to, value);
        }
    }
}
