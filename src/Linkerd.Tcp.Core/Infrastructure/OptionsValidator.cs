using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Infrastructure;

/// <summary>
/// Collects all errors of options, with the path of each. For one thread at a time. For the packages of this project; it may change in any version.
/// </summary>
/// <remarks>The name of an option is the expression that is passed for its value, so that it cannot be another one's.</remarks>
public sealed class OptionsValidator
{
    // A timer of the runtime can be set to 2^32 - 2 ms, which is 49.7 days.
    internal static readonly TimeSpan MaxTimer = TimeSpan.FromDays(49);

    private readonly List<OptionsError> _errors;
    private readonly string _path;

    /// <summary>Initializes a validator for the options that a caller hands over.</summary>
    public OptionsValidator()
        : this([], string.Empty)
    {
    }

    private OptionsValidator(List<OptionsError> errors, string path) => (_errors, _path) = (errors, path);

    /// <summary>The number of errors so far, including those of the enclosing options.</summary>
    internal int ErrorCount => _errors.Count;

    /// <summary>Adds an error unless a condition holds.</summary>
    /// <param name="holds">True if the option is valid.</param>
    /// <param name="given">The value of the option.</param>
    /// <param name="expected">The expectation, as the beginning of a sentence that goes on with "was expected".</param>
    /// <param name="option">The name of the option.</param>
    public void Expect<T>(bool holds, T given, string expected, [CallerArgumentExpression(nameof(given))] string option = "")
    {
        if (!holds)
        {
            Add($"{expected} was expected, not {Print(given)}.", option);
        }
    }

    /// <summary>Adds an error.</summary>
    /// <param name="message">A sentence with the expected and the given value.</param>
    /// <param name="option">The name of the option.</param>
    public void Add(string message, string option) => _errors.Add(new OptionsError(_path + option, message));

    /// <summary>Adds an error if the value is null.</summary>
    /// <returns>True if the value is not null.</returns>
    public bool NotNull([NotNullWhen(true)] object? given, [CallerArgumentExpression(nameof(given))] string option = "")
    {
        Expect(given is not null, given, "a value", option);
        return given is not null;
    }

    /// <summary>Adds an error if a number is given that is out of range.</summary>
    internal void Range(int? given, int minimum, int maximum = int.MaxValue, [CallerArgumentExpression(nameof(given))] string option = "") => Expect(
        given is null || (given >= minimum && given <= maximum), given, maximum == int.MaxValue ? Invariant($"{minimum} or more") : Invariant($"{minimum} to {maximum}"), option);

    /// <summary>Adds an error if a value is given that its type does not name.</summary>
    internal void Defined<T>(T? given, [CallerArgumentExpression(nameof(given))] string option = "")
        where T : struct, Enum =>
        Expect(given is not { } value || Enum.IsDefined(value), given, $"one of {string.Join(", ", Enum.GetNames<T>())}", option);

    /// <summary>Adds an error if a time span is not null and cannot be set on a timer: more than zero, at most 49 days.</summary>
    public void Timer(TimeSpan? given, [CallerArgumentExpression(nameof(given))] string option = "") =>
        Expect(given is null || (given > TimeSpan.Zero && given <= MaxTimer), given, "more than zero, at most 49 days,", option);

    /// <summary>Adds an error if a time span is not null and neither one for a timer nor <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    internal void TimerOrInfinite(TimeSpan? given, [CallerArgumentExpression(nameof(given))] string option = "") => Expect(
        given is null || given == Timeout.InfiniteTimeSpan || (given > TimeSpan.Zero && given <= MaxTimer),
        given,
        "more than zero, at most 49 days, or Timeout.InfiniteTimeSpan,",
        option);

    /// <summary>Adds an error if a time span is not null and neither one for a timer nor zero.</summary>
    internal void TimerOrZero(TimeSpan? given, [CallerArgumentExpression(nameof(given))] string option = "") =>
        Expect(given is null || (given >= TimeSpan.Zero && given <= MaxTimer), given, "zero to 49 days", option);

    /// <summary>Validates nested options; adds an error if there are none.</summary>
    public void Nested<T>(T? given, Action<T, OptionsValidator> validate, [CallerArgumentExpression(nameof(given))] string option = "")
        where T : class
    {
        ArgumentNullException.ThrowIfNull(validate);
        if (NotNull(given, option))
        {
            validate(given, new OptionsValidator(_errors, $"{_path}{option}."));
        }
    }

    /// <summary>Validates nested options, if there are any.</summary>
    internal void Optional<T>(T? given, Action<T, OptionsValidator> validate, [CallerArgumentExpression(nameof(given))] string option = "")
        where T : class
    {
        if (given is not null)
        {
            Nested(given, validate, option);
        }
    }

    /// <summary>Validates each item of a list; adds an error if there is no list, and one for each item that is null.</summary>
    public void Each<T>(IReadOnlyList<T>? given, Action<T, OptionsValidator>? validate = null, [CallerArgumentExpression(nameof(given))] string option = "")
        where T : class
    {
        if (!NotNull(given, option))
        {
            return;
        }

        for (var i = 0; i < given.Count; i++)
        {
            Nested(given[i], validate ?? (static (_, _) => { }), Invariant($"{option}[{i}]"));
        }
    }

    /// <summary>Validates a copy of options that were handed over.</summary>
    /// <returns>The copy.</returns>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public static T Validated<T>(T copy, Action<T, OptionsValidator> validate, string paramName = "options")
        where T : class
    {
        ArgumentNullException.ThrowIfNull(validate);
        var validator = new OptionsValidator();
        validate(copy, validator);
        validator.ThrowIfInvalid(paramName);
        return copy;
    }

    /// <summary>Throws if an error was added.</summary>
    /// <param name="paramName">The name of the parameter to which the options were given.</param>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public void ThrowIfInvalid(string? paramName)
    {
        if (_errors.Count > 0)
        {
            throw new InvalidOptionsException(_errors, paramName);
        }
    }

    private static string Print<T>(T given) => given switch
    {
        null => "null",
        string text => $"'{text}'",
        TimeSpan span when span == Timeout.InfiniteTimeSpan => "Timeout.InfiniteTimeSpan",
        TimeSpan span => Invariant($"{span.TotalSeconds} s"),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        ICollection list => Invariant($"{list.Count} of them"),
        _ => given.ToString() ?? string.Empty,
    };

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
