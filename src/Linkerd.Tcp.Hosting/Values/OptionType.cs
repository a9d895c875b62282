namespace Linkerd.Tcp.Hosting;

/// <summary>
/// Represents the type of an option: its range, and its text form. A configuration file and the command line share it; where the command line has another unit than the key of a
/// file (<c>--connect-timeout 10s</c> is <c>connectTimeoutMs: 10000</c>), a type has two forms. Immutable.
/// </summary>
/// <typeparam name="T">The values; null, if it is one of them, means that nothing was said.</typeparam>
public abstract class OptionType<T>
{
    /// <summary>Gets the name of the type, such as <c>duration</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Gets what a file counts in, such as <c>ms</c>; null if the type has no unit.</summary>
    public virtual string? Unit => null;

    /// <summary>Gets the values that are valid, in words, such as <c>1 to 1000</c>.</summary>
    public abstract string Range { get; }

    /// <summary>Reads the text form of a file.</summary>
    /// <exception cref="InvalidValueException">The text is not a value of the type.</exception>
    public abstract T Parse(string text);

    /// <summary>Prints a value as <see cref="Parse"/> reads it; null if nothing was said.</summary>
    public abstract string? Print(T value);

    /// <summary>Reads the text form of the command line. Default: that of a file.</summary>
    /// <exception cref="InvalidValueException">The text is not a value of the type.</exception>
    public virtual T ParseArgument(string text) => Parse(text);

    /// <summary>Prints a value as <see cref="ParseArgument"/> reads it; null if nothing was said.</summary>
    public virtual string? PrintArgument(T value) => Print(value);

    /// <summary>Returns whether a value is within the range. Nothing said is.</summary>
    public abstract bool IsValid(T value);
}
