using System.CommandLine;
using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.CommandLine;

/// <summary>The form of one command: its options, and its one argument. System.CommandLine assigns the tokens; values are checked elsewhere.</summary>
internal sealed class CommandSyntax
{
    // No "@file" on this command line: names are free to begin as they like.
    private static readonly ParserConfiguration Configuration = new() { ResponseFileTokenReplacer = null };

    private readonly CliOption[] _options;
    private readonly Argument<string[]> _argument;
    private readonly string _expected;
    private readonly Command _command;

    /// <summary>Initializes a form.</summary>
    /// <param name="usage">The line of the help text.</param>
    /// <param name="options">The options.</param>
    /// <param name="argumentName">The name of the argument in the help, with its brackets.</param>
    /// <param name="expected">A description of the expected argument.</param>
    public CommandSyntax(string usage, IReadOnlyList<CliOption> options, string argumentName, string expected)
    {
        Usage = usage;
        _options = [.. options];
        ArgumentName = argumentName;
        _expected = expected;
        _argument = new("ARGUMENT") { Arity = ArgumentArity.ZeroOrMore };
        _command = new Command("linkerd-tcp") { _argument };
        foreach (var option in _options)
        {
            _command.Options.Add(option.Symbol);
        }
    }

    /// <summary>The line of the help text.</summary>
    public string Usage { get; }

    /// <summary>The name of the argument in the help, with its brackets.</summary>
    public string ArgumentName { get; }

    /// <summary>Parses a command line.</summary>
    public ParseResult Parse(string[] args) => _command.Parse(args, Configuration);

    /// <summary>Finds the errors of single tokens. The library drops empty ones and takes the next one for the value, and the value of a flag for the argument.</summary>
    public IEnumerable<string> FindTokenErrors(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            var equals = args[i].StartsWith('-') ? args[i].IndexOf('=', StringComparison.Ordinal) : -1;
            if (args[i].Length == 0)
            {
                yield return i > 0 && args[i - 1].StartsWith('-')
                    ? $"{args[i - 1]} '': expected a value that is not empty"
                    : $"an argument is empty; expected {ArgumentName}, {_expected}";
            }
            else if (equals > 0 && Array.Exists(_options, option => option.IsFlag && option.LongName == args[i][..equals]))
            {
                yield return $"{args[i]}: {args[i][..equals]} takes no value";
            }
            else if (equals == args[i].Length - 1)
            {
                yield return $"{args[i][..equals]} '': expected a value that is not empty";
            }
        }
    }

    /// <summary>Gets the argument; null if it is missing, with errors if it must not be, or there is more.</summary>
    public string? ReadArgument(ParseResult result, List<string> errors, bool isRequired = true)
    {
        var tokens = result.GetResult(_argument)?.Tokens.Select(token => token.Value).ToList() ?? [];
        var unknown = tokens.FindAll(token => token.StartsWith('-') && token != "-");
        foreach (var token in unknown)
        {
            var name = token.Split('=')[0];
            var meant = Suggestion.Find(name, _options.Select(option => option.LongName));
            errors.Add($"unknown option '{name}'" + (meant is null ? string.Empty : $"; did you mean {meant}?"));
        }

        if (unknown.Count > 0)
        {
            return null;
        }

        if (tokens.Count == 1)
        {
            return tokens[0];
        }

        if (tokens.Count == 0 && !isRequired)
        {
            return null;
        }

        errors.Add(tokens.Count == 0
            ? $"{ArgumentName} is missing; expected {_expected}"
            : $"unexpected '{tokens[1]}' after {ArgumentName} '{tokens[0]}'; expected one {ArgumentName.Trim('<', '>').Split('|')[0].ToLowerInvariant()} (quote it where it has blanks)");
        return null;
    }

    /// <summary>Gets the argument, parsed; null if it is missing or wrong.</summary>
    public T? ReadArgument<T>(ParseResult result, List<string> errors, Func<string, T?> parse, bool isRequired = true)
        where T : class
    {
        var text = ReadArgument(result, errors, isRequired);
        try
        {
            return text is null ? null : parse(text);
        }
        catch (InvalidValueException error)
        {
            errors.Add($"{ArgumentName} '{text}': {error.Message}");
            return null;
        }
    }
}
