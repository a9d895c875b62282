using Linkerd.Tcp.Hosting.Values;

namespace Linkerd.Tcp.Hosting;

/// <summary>
/// Represents the type of an option: its range, and its text form. A configuration file and the command line share it; if the command line has another unit than the key of a
/// file (<c>--connect-timeout 10s</c> is <c>connectTimeoutMs: 10000</c>), a type has two forms. Immutable.
/// </summary>
/// <typeparam name="T">The type of the values; null, if it is one of them, means that no value was given.</typeparam>
public abstract class OptionType<T>
{
    /// <summary>Gets the name of the type, such as <c>duration</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Gets the unit of the value in a file, such as <c>ms</c>; null if the type has no unit.</summary>
    public virtual string? Unit => null;

    /// <summary>Gets a description of the values that are valid, such as <c>1 to 1000</c>.</summary>
    public abstract string Range { get; }

    /// <summary>Gets the form of values in a file. Default: <see cref="OptionForm.Text"/>.</summary>
    public virtual OptionForm Form => OptionForm.Text;

    /// <summary>Gets the values that are valid, for a schema. Default: any text.</summary>
    internal virtual OptionBounds Bounds => OptionBounds.Any;

    /// <summary>Parses the items of a sequence in a file.</summary>
    /// <exception cref="InvalidValueException">The items are not a value of the type, or the form is not <see cref="OptionForm.List"/>.</exception>
    public virtual T ParseItems(IReadOnlyList<string> items) => throw new InvalidValueException($"expected one value, {Range}, not a list");

    /// <summary>Gets the items of a value in the form that <see cref="ParseItems"/> reads; null if the form is not <see cref="OptionForm.List"/>, or there is no value.</summary>
    public virtual IReadOnlyList<string>? PrintItems(T value) => null;

    /// <summary>Parses the text form of a file.</summary>
    /// <exception cref="InvalidValueException">The text is not a value of the type.</exception>
    public abstract T Parse(string text);

    /// <summary>Prints a value in the form that <see cref="Parse"/> reads; null if there is no value.</summary>
    public abstract string? Print(T value);

    /// <summary>Parses the text form of the command line. The default implementation parses that of a file.</summary>
    /// <exception cref="InvalidValueException">The text is not a value of the type.</exception>
    public virtual T ParseArgument(string text) => Parse(text);

    /// <summary>Prints a value in the form that <see cref="ParseArgument"/> reads; null if there is no value.</summary>
    public virtual string? PrintArgument(T value) => Print(value);

    /// <summary>Returns a value that indicates whether a value is within the range. A value that was not given is.</summary>
    public abstract bool IsValid(T value);
}
